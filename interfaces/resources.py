"""Commands, by HTTP and on the command line: which event each of them is. Rule: R12.4."""

from __future__ import annotations

from typing import NamedTuple


class Resource(NamedTuple):
    """One command: `event` is what it is underneath, `path` follows `/v1`; its names but `account` are fields of data.
    `command` is what follows `settle` on the command line.

    `body_account`: the account is a field of the body, as there is none to name yet.
    """

    id: str
    command: str
    event: str
    method: str
    path: str
    body_account: bool = False


_ACCOUNT = "/accounts/{account}"
_METHOD = f"{_ACCOUNT}/methods/{{method}}"
_UNIFIED = f"{_ACCOUNT}/unified-settlements"
_SETTLEMENT = f"{_UNIFIED}/{{settlement}}"

# In the order of docs/events.md.
RESOURCES = (
    Resource("open_account", "accounts open", "account_opened", "POST", "/accounts", body_account=True),
    Resource("change_account", "accounts set", "account_changed", "PATCH", _ACCOUNT),
    Resource("top_up", "top-up", "top_up", "POST", f"{_ACCOUNT}/top-ups"),
    Resource("transfer", "transfer", "transfer", "POST", f"{_ACCOUNT}/transfers"),
    Resource("pull_back", "pull-back", "transfer_pulled_back", "POST", f"{_ACCOUNT}/pull-backs"),
    Resource("refund", "refunds book", "refund", "POST", f"{_ACCOUNT}/refunds"),
    Resource("add_fees", "emit fees", "fees", "POST", f"{_ACCOUNT}/fees"),
    Resource("activate_card", "cards activate", "card_activated", "POST", f"{_ACCOUNT}/cards"),
    Resource("grant_coupon", "coupons grant", "coupon_granted", "POST", f"{_ACCOUNT}/coupons"),
    Resource("agree_term", "terms agree", "payment_term_agreed", "POST", f"{_ACCOUNT}/terms"),
    Resource("add_method", "methods add", "payment_method_added", "POST", f"{_ACCOUNT}/methods"),
    Resource(
        "make_method_default", "methods default", "payment_method_default", "POST", f"{_METHOD}/default"
    ),
    Resource("verify_method", "methods verify", "payment_method_verify", "POST", f"{_METHOD}/verify"),
    Resource("remove_method", "methods remove", "payment_method_removed", "DELETE", _METHOD),
    Resource("activate_product", "products activate", "product_activated", "POST", f"{_ACCOUNT}/products"),
    Resource(
        "request_relationship",
        "relationships request",
        "relationship_requested",
        "POST",
        f"{_ACCOUNT}/relationships",
    ),
    Resource(
        "accept_relationship",
        "relationships accept",
        "relationship_accepted",
        "POST",
        f"{_ACCOUNT}/relationships/{{main}}/accept",
    ),
    Resource(
        "end_relationship",
        "relationships end",
        "relationship_ended",
        "POST",
        f"{_ACCOUNT}/relationships/{{other}}/end",
    ),
    Resource("pay_bill", "pay", "bill_payment_requested", "POST", f"{_ACCOUNT}/payments"),
    Resource(
        "cancel_payment",
        "payments cancel",
        "bill_payment_cancelled",
        "POST",
        f"{_ACCOUNT}/payments/{{payment}}/cancel",
    ),
    Resource("create_settlement", "unified create", "unified_settlement_created", "POST", _UNIFIED),
    Resource("edit_settlement", "unified edit", "unified_settlement_edited", "PATCH", _SETTLEMENT),
    Resource("run_settlement", "unified run", "unified_settlement_run", "POST", f"{_SETTLEMENT}/run"),
    Resource(
        "close_settlement", "unified close", "unified_settlement_closed", "POST", f"{_SETTLEMENT}/close"
    ),
    Resource("delete_settlement", "unified delete", "unified_settlement_deleted", "DELETE", _SETTLEMENT),
)

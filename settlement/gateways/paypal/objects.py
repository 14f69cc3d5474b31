"""PayPal's orders, captures, authorizations and transactions, and what the state of each means for the money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from settlement.gateways.paypal.decline_codes import of_processor
from settlement.model.gateway.charges import (
    Authorized,
    ChargeOutcome,
    Declined,
    RequiresAction,
    Succeeded,
    Unknown,
)
from settlement.model.money import decimal_text, exponent_of, parse_amount

# PayPal takes no decimals in these, although ISO 4217 gives them some.
_WHOLE_ONLY = frozenset(("HUF", "TWD"))
_PREFIXES = {
    "capture": "capture", "authorization": "auth", "checkout-order": "order", "refund": "refund", "dispute": "dispute",
}  # fmt: skip


def to_paypal(amount_minor: int, currency: str) -> dict[str, str] | None:
    """ISO minor units as PayPal writes them; None where it cannot write them, having no decimals there."""
    if currency not in _WHOLE_ONLY:
        return {"currency_code": currency, "value": decimal_text(amount_minor, currency)}
    whole, rest = divmod(amount_minor, 10 ** exponent_of(currency))
    return None if rest else {"currency_code": currency, "value": str(whole)}


def from_paypal(amount: Mapping[str, str]) -> int:
    """ISO minor units.

    Raises:
        Refused: `unknown_currency`, or `bad_amount`, as where it is nothing.
    """
    return parse_amount(amount["value"], amount["currency_code"])


def is_nothing(amount: Mapping[str, str]) -> bool:
    """Is it an amount of nothing."""
    return not amount["value"].strip("-0.")


def ref_of(kind: str, resource: Mapping[str, Any]) -> str | None:
    """Our id for a resource of a webhook: its kind and PayPal's own id; None for other kinds."""
    if kind not in _PREFIXES:
        return None
    return f"{_PREFIXES[kind]}:{resource['dispute_id' if kind == 'dispute' else 'id']}"


def charge_refs_of(event_type: str, kind: str, resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Our ids of the captures that money went back of, by a webhook about a refund, a reversal or a dispute; only a
    dispute may be over several.
    """
    if kind == "dispute":
        captures = [each.get("seller_transaction_id") for each in resource.get("disputed_transactions") or ()]
        return tuple(dict.fromkeys(f"capture:{its_id}" for its_id in captures if its_id))
    if kind == "refund":
        above = [link["href"] for link in resource.get("links") or () if link.get("rel") == "up"]
        return tuple(f"capture:{href.rpartition('/')[2]}" for href in above if "/captures/" in href)[:1]
    went_back = event_type in {"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"}
    ref = ref_of(kind, resource) if went_back else None
    return (ref,) if ref else ()


def carries(thing: Mapping[str, Any], reference: str) -> bool:
    """Does an order, a capture or an authorization carry our reference, as all that we made do."""
    unit = (thing.get("purchase_units") or [thing])[0]
    return reference in (unit.get("custom_id"), unit.get("invoice_id"))


def order_outcome(order: Mapping[str, Any]) -> ChargeOutcome:
    """What the state of an order, and of what it captured or holds, means."""
    ref = f"order:{order['id']}"
    if order["status"] in {"PAYER_ACTION_REQUIRED", "APPROVED"}:
        # Approved, it still has to be captured: nothing is taken yet.
        links = {link.get("rel"): link.get("href") for link in order.get("links", ())}
        return RequiresAction(ref, links.get("payer-action"))
    payments = (order.get("purchase_units") or [{}])[0].get("payments", {})
    if captures := payments.get("captures"):
        return capture_outcome(captures[0])
    if authorization := payments.get("authorizations"):
        return authorization_outcome(authorization[0])
    if order["status"] == "VOIDED":
        return Declined("VOIDED", "the order was voided", final=False, gateway_ref=ref)
    return Unknown(f"PayPal: the order is {order['status']}")


def capture_outcome(capture: Mapping[str, Any]) -> ChargeOutcome:
    """What the state of a capture means; given back later, it was taken all the same."""
    ref = f"capture:{capture['id']}"
    if capture["status"] in {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}:
        return Succeeded(ref, from_paypal(capture["amount"]))
    if capture["status"] in {"DECLINED", "FAILED"}:
        code, final = of_processor(capture)
        return Declined(code or capture["status"], "the capture was not made", final=final, gateway_ref=ref)
    return Unknown(f"PayPal: the capture is {capture['status']}")


def authorization_outcome(authorization: Mapping[str, Any]) -> ChargeOutcome:
    """What the state of an authorization means."""
    ref = f"auth:{authorization['id']}"
    if authorization["status"] == "CREATED":
        return Authorized(ref)
    if authorization["status"] in {"DENIED", "VOIDED", "EXPIRED"}:
        code, final = of_processor(authorization)
        return Declined(code or authorization["status"], "nothing is held", final=final, gateway_ref=ref)
    return Unknown(f"PayPal: the authorization is {authorization['status']}")


def transaction_outcome(entry: Mapping[str, Any]) -> ChargeOutcome:
    """What a transaction of the search means."""
    status, amount = entry.get("transaction_status"), entry["transaction_amount"]
    if status in {"S", "V"} and not amount["value"].startswith("-"):
        return Succeeded(f"capture:{entry['transaction_id']}", from_paypal(amount))
    return Unknown(f"PayPal: the transaction is {status}")

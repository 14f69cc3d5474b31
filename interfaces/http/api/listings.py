"""Everything that is listed: where, of what, by which filters. Rule: R12.5."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, get_args, get_type_hints

from interfaces.fields.accounts import PARKED, account_fields
from interfaces.fields.bills import BILLS
from interfaces.fields.charges import CHARGES
from interfaces.fields.field import Fields
from interfaces.fields.funds import CREDIT_REFUNDS, card_fields, coupon_fields
from interfaces.fields.gateway.reconciliation import DIFFERENCES
from interfaces.fields.inbox import EVENTS
from interfaces.fields.methods import METHODS
from interfaces.fields.operations.quarantine import MESSAGES
from interfaces.fields.overdue import due_bill_fields
from interfaces.fields.payments import PAYMENTS
from interfaces.fields.refunds import REFUNDS
from interfaces.fields.relationships import RELATIONSHIPS, TRANSFERS
from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.runs import RUNS
from interfaces.fields.terms import TERMS
from interfaces.fields.unified_settlements import UNIFIED_SETTLEMENTS
from interfaces.http.api.filters import (
    ACCOUNT,
    CYCLE,
    MAIN,
    Filter,
    any_state,
    flag,
    named,
    one_kind,
    one_state,
)
from settlement.model.bills import BillState
from settlement.model.gateway.charges import AttemptState
from settlement.model.gateway.refunds import RefundState
from settlement.model.instants import instant_text
from settlement.model.payments import PaymentState
from settlement.model.policies.policy import Policy
from settlement.model.relationships import RelationshipState
from settlement.queries import (
    accounts,
    bills,
    charges,
    credit,
    funds,
    inbox,
    methods,
    payments,
    quarantine,
    refunds,
    relationships,
    repayments,
    runs,
    unified_settlements,
)
from settlement.queries.gateway import reconciliation
from settlement.queries.inbox import InboxState
from settlement.queries.quarantine import QuarantineState
from settlement.queries.relationships import TransferKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


class Facts(Protocol):
    """What fields may depend on."""

    @property
    def policy(self) -> Policy:
        """The rules' settings."""

    def as_of(self) -> datetime:
        """The instant of the reading (UTC)."""


class Place(Generic[T]):
    """Where a row stands in the order of its listing: of one part, or of several, each of its kind."""

    def __init__(self, of: Callable[[T], Any], *kinds: type) -> None:
        self.of = of
        self.kinds = kinds

    def fits(self, value: object) -> bool:
        """May this be such a place, as a tuple where it has several parts."""
        parts = value if isinstance(value, tuple) and len(self.kinds) > 1 else (value,)
        most = 2**63 if len(self.kinds) == 1 else 2**31
        return len(parts) == len(self.kinds) and all(
            type(part) is kind and (not isinstance(part, int) or 0 <= part < most)
            for part, kind in zip(parts, self.kinds, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A listing, called `name` in JSON. `place` is where a row stands in the order of `rows`, as `after` takes it.
    `given`: what its query takes besides the filters, of the policy.

    Without a `place` the listing is short, and all of it is on one page. `fields` may depend on policy and time.
    """

    id: str
    path: str
    name: str
    means: str
    fields: Callable[[Facts], Fields[T]]
    rows: Callable[..., Sequence[T]]
    place: Place[T] | None = None
    filters: Sequence[Filter] = ()
    given: Callable[[Facts], Mapping[str, Any]] | None = None

    @property
    def row(self) -> type[T]:
        """The type of its rows, as its query declares it."""
        (row,) = get_args(get_type_hints(inspect.unwrap(self.rows))["return"])
        return cast("type[T]", row)


def records_since(facts: Facts) -> int:
    """The month since which repayment records are presented, by the policy that holds now. Rule: R10.2a."""
    facts.as_of()
    return facts.policy.records_since


def _fixed(fields: Fields[T]) -> Callable[[Facts], Fields[T]]:
    return lambda _: fields


def _of_account(query: Callable[..., Sequence[T]]) -> Callable[..., Sequence[T]]:
    """A query by an account's number as one by its name."""

    @wraps(query)
    def rows(tx: Connection, *, account: str, limit: int, after: None, **filters: Any) -> Sequence[T]:  # noqa: ARG001
        return query(tx, accounts.account(tx, account).id, **filters)

    return rows


_BY_BILL: Place[Any] = Place(lambda row: (row.account, row.cycle), str, int)
_BY_REFERENCE: Place[Any] = Place(lambda row: row.reference, str)
_BY_NUMBER: Place[Any] = Place(lambda row: row.number, int)
_BY_ID: Place[Any] = Place(lambda row: row.id, int)
_USED_UP = flag("used_up", "Also those without a balance.")
_OF_ACCOUNT = "/accounts/{account}"


# The order is that of the console and of docs/api.md.
LISTINGS: tuple[Listing[Any], ...] = (
    Listing("list_accounts", "/accounts", "accounts", "Accounts in the order in which they were opened.",
            lambda facts: account_fields(facts.policy), accounts.accounts, Place(lambda row: row.external_id, str),
            [named("currency", "Only those that are kept in this currency.")]),
    Listing("list_bills", "/bills", "bills", "Bills by account, then by month.",
            _fixed(BILLS), bills.bills, _BY_BILL,
            [ACCOUNT, CYCLE, one_state(BillState)]),
    Listing("list_overdue", "/overdue", "bills", "Overdue bills by due date.",
            lambda facts: due_bill_fields(facts.as_of().astimezone(facts.policy.zone).date()),
            credit.due_bills, _BY_BILL,
            [ACCOUNT, flag("upcoming", "Also unsettled bills whose due date is still to come.")]),
    Listing("list_repayments", "/repayments", "repayments",
            "Repayments of the months of which records are presented, by account, month and cause.",
            _fixed(REPAYMENTS), repayments.repayments,
            Place(lambda row: (row.account, row.cycle, row.cause), str, int, str), [ACCOUNT, CYCLE],
            lambda facts: {"since": records_since(facts)}),
    Listing("list_payments", "/payments", "payments", "Manual payments, the newest first.",
            _fixed(PAYMENTS), payments.payments, _BY_NUMBER,
            [ACCOUNT, CYCLE, one_state(PaymentState)]),
    Listing("list_charges", "/charges", "charges", "Charges of payment methods, the newest first.",
            _fixed(CHARGES), charges.charges, _BY_REFERENCE, [ACCOUNT, CYCLE, any_state(AttemptState)]),
    Listing("list_refunds", "/refunds", "refunds", "Refunds to payment methods, the newest first.",
            _fixed(REFUNDS), refunds.refunds, _BY_REFERENCE, [ACCOUNT, any_state(RefundState)]),
    Listing("list_relationships", "/relationships", "relationships", "Relationships in the order of their requests.",
            _fixed(RELATIONSHIPS), relationships.relationships, _BY_NUMBER,
            [ACCOUNT, any_state(RelationshipState)]),
    Listing("list_transfers", "/transfers", "transfers",
            "Money sent by main accounts to their members, or pulled back from them, the newest first.",
            _fixed(TRANSFERS), relationships.transfers,
            Place(lambda row: (instant_text(row.posted_at), str(row.entry)), str, str),
            [ACCOUNT, one_kind(TransferKind)]),
    Listing("list_settlements", "/unified-settlements", "unified_settlements", "Unified settlements, the newest first.",
            _fixed(UNIFIED_SETTLEMENTS), unified_settlements.settlements, _BY_NUMBER,
            [MAIN, flag("deleted", "Also those that were deleted.")]),
    Listing("list_cards", f"{_OF_ACCOUNT}/cards", "cards", "An account's stored value cards.",
            lambda facts: card_fields(facts.as_of()), _of_account(funds.cards), None, [_USED_UP]),
    Listing("list_coupons", f"{_OF_ACCOUNT}/coupons", "coupons", "An account's coupons.",
            lambda facts: coupon_fields(facts.as_of()), _of_account(funds.coupons), None, [_USED_UP]),
    Listing("list_credit_refunds", f"{_OF_ACCOUNT}/credit-refunds", "credit_refunds",
            "An account's credit refunds that have something left.",
            _fixed(CREDIT_REFUNDS), _of_account(funds.credit_refunds)),
    Listing("list_methods", f"{_OF_ACCOUNT}/methods", "methods", "An account's payment methods.",
            _fixed(METHODS), _of_account(methods.methods), None, [flag("removed", "Also those that were removed.")]),
    Listing("list_terms", f"{_OF_ACCOUNT}/terms", "terms", "An account's payment terms.",
            _fixed(TERMS), _of_account(credit.terms)),
    Listing("list_events", "/events", "events", "Events, the newest first.",
            _fixed(EVENTS), inbox.rows, _BY_ID,
            [ACCOUNT, any_state(InboxState), named("code", "Only those set aside for this reason.")]),
    Listing("list_runs", "/runs", "runs", "Runs, the newest first.", _fixed(RUNS), runs.newest, _BY_ID),
    Listing("list_parked", "/parked-accounts", "accounts", "Accounts whose figures did not add up.",
            _fixed(PARKED), accounts.parked, Place(lambda row: row.name, str)),
    Listing("list_quarantine", "/quarantine", "messages", "Messages that no task could take, the newest first.",
            _fixed(MESSAGES), quarantine.rows, _BY_ID, [one_state(QuarantineState)]),
    Listing("list_differences", "/differences", "differences", "Differences from gateways' books, the newest first.",
            _fixed(DIFFERENCES), reconciliation.differences,
            Place(lambda row: (instant_text(row.found_at), row.gateway, row.kind, row.reference, row.gateway_ref),
                  str, str, str, str, str), [flag("with_closed", "Also those that were closed.")]),
)  # fmt: skip

"""Single things by their names. Rule: R12.5."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.bills import BILL_LINES, BILLS
from interfaces.fields.charges import CHARGE_LINES, CHARGES
from interfaces.fields.field import Fields, as_object, as_objects
from interfaces.fields.gateway.reversals import MOVED_BILLS, REVERSALS
from interfaces.fields.inbox import EVENTS
from interfaces.fields.operations.audits import AUDITS
from interfaces.fields.operations.quarantine import MESSAGES
from interfaces.fields.payments import PAYMENTS
from interfaces.fields.refunds import REFUNDS
from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.runs import RUNS
from interfaces.fields.unified_settlements import LINES, UNIFIED_SETTLEMENTS
from interfaces.fields.values import Json
from interfaces.http.api.context import Api, as_json
from interfaces.http.api.etag import entity_tag
from interfaces.http.api.operation import JSON, Operation, called
from interfaces.http.api.reads.filters import cycle_in_path
from interfaces.http.api.reads.listing import Facts, records_since
from interfaces.http.api.samples import SAMPLE_FACTS, schema_of
from interfaces.http.problems import Problem
from interfaces.http.routing import number_in
from interfaces.objects.accounts import AccountDetails, account_details, read_account
from interfaces.objects.explanations import explanation_object
from interfaces.objects.statements import statement_json
from settlement.errors import NotFound
from settlement.model.cycle import Cycle
from settlement.operations.reports.explanations import Explanation, explain
from settlement.operations.reports.statement_figures import Statement
from settlement.operations.reports.statements import read_statement
from settlement.queries import (
    audits,
    bills,
    charges,
    inbox,
    payments,
    quarantine,
    refunds,
    repayments,
    runs,
    unified_settlements,
)
from settlement.queries.audits import AuditRun
from settlement.queries.bills import BillLineView, BillView
from settlement.queries.charges import ChargeLineView, ChargeView
from settlement.queries.gateway import reversals
from settlement.queries.gateway.reversals import MovedBill, ReversalView
from settlement.queries.inbox import InboxView
from settlement.queries.payments import PaymentView
from settlement.queries.quarantine import QuarantineView
from settlement.queries.refunds import GatewayRefundView
from settlement.queries.repayments import RepaymentView
from settlement.queries.runs import RunView
from settlement.queries.unified_settlements import UnifiedLineView, UnifiedView

if TYPE_CHECKING:
    from worker.runtime import Runtime

T = TypeVar("T")
# Of the lines of a bill or a settlement, the first so many come with it.
MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Single(Generic[T]):
    """One thing, found by the names in its path. With an `account` in it, only by whoever may name that account."""

    id: str
    path: str
    means: str
    kind: type[T]
    find: Callable[[Runtime, Mapping[str, str]], T]
    present: Callable[[T, Facts], Json]


async def single(api: Api, request: Request, *, of: Single[Any]) -> Response:
    """The thing, with an `ETag` of its state."""
    caller = await api.caller(request, "read")
    names = dict(request.path_params)
    account = names.get("account")
    if account is None and caller.sender.accounts is not None:
        raise Problem(403, "not_allowed", "this key may read some accounts only, and this is of no account")
    if account is not None and not caller.sender.may_name(account):
        raise NotFound("unknown_account", f"account {account!r} is not known to this key")
    if any("\0" in name for name in names.values()):
        raise NotFound("unknown", "no name has NUL in it")
    found = await state_of(api, of, names)
    return as_json(found, ETag=entity_tag(found))


async def state_of(api: Api, of: Single[Any], names: Mapping[str, str]) -> Json:
    """The thing of these names as it is now.

    Raises:
        NotFound: there is none.
    """

    def find() -> Json:
        return of.present(of.find(api.runtime, names), api.runtime)

    return await api.in_thread(find)


class _BillDetails(NamedTuple):
    bill: BillView
    lines: list[BillLineView]
    repayments: list[RepaymentView]


class _SettlementDetails(NamedTuple):
    settlement: UnifiedView
    lines: list[UnifiedLineView]
    revision: str


class _DisputeDetails(NamedTuple):
    dispute: ReversalView
    bills: list[MovedBill]


class _EventDetails(NamedTuple):
    event: InboxView


class _MessageDetails(NamedTuple):
    message: QuarantineView
    raw: bytes


class _ChargeDetails(NamedTuple):
    charge: ChargeView
    bills: list[ChargeLineView]


def _cycle(names: Mapping[str, str]) -> Cycle:
    return cycle_in_path(names["cycle"])


def _account(runtime: Runtime, names: Mapping[str, str]) -> AccountDetails:
    with runtime.store.transaction() as tx:
        return read_account(tx, names["account"])


def _bill(runtime: Runtime, names: Mapping[str, str]) -> _BillDetails:
    account, cycle, since = names["account"], _cycle(names), records_since(runtime)
    with runtime.store.transaction() as tx:
        return _BillDetails(
            bills.bill(tx, account, cycle),
            bills.bill_lines(tx, account, cycle, limit=MOST_LINES),
            repayments.repayments(tx, limit=MOST_LINES, account=account, cycle=cycle, since=since),
        )


def _explained(runtime: Runtime, names: Mapping[str, str]) -> Explanation:
    cycle = _cycle(names) if "cycle" in names else None
    return explain(runtime.store, names["account"], cycle, at=runtime.as_of(), policy=runtime.policy)


def _statement(runtime: Runtime, names: Mapping[str, str]) -> Statement:
    at, policy = runtime.as_of(), runtime.policy
    return read_statement(runtime.store, names["account"], _cycle(names), at=at, policy=policy)


def _payment(runtime: Runtime, names: Mapping[str, str]) -> PaymentView:
    with runtime.store.transaction() as tx:
        return payments.payment(tx, names["account"], names["payment"])


def _settlement(runtime: Runtime, names: Mapping[str, str]) -> _SettlementDetails:
    with runtime.store.transaction() as tx:
        found = unified_settlements.settlement(tx, names["account"], names["settlement"])
        return _SettlementDetails(
            found,
            unified_settlements.lines(tx, found.number, limit=MOST_LINES),
            unified_settlements.revision(tx, found),
        )


def _charge(runtime: Runtime, names: Mapping[str, str]) -> _ChargeDetails:
    with runtime.store.transaction() as tx:
        return _ChargeDetails(charges.charge(tx, names["charge"]), charges.charge_lines(tx, names["charge"]))


def _refund(runtime: Runtime, names: Mapping[str, str]) -> GatewayRefundView:
    with runtime.store.transaction() as tx:
        return refunds.refund(tx, names["refund"])


def _dispute(runtime: Runtime, names: Mapping[str, str]) -> _DisputeDetails:
    with runtime.store.transaction() as tx:
        found = reversals.reversal(tx, names["dispute"], names["gateway"])
        return _DisputeDetails(found, reversals.moved_bills(tx, found))


def _repayment(runtime: Runtime, names: Mapping[str, str]) -> RepaymentView:
    account, cycle, since = names["account"], _cycle(names), records_since(runtime)
    with runtime.store.transaction() as tx:
        return repayments.repayment(tx, account, cycle, names["cause"], since=since)


def _kept_event(runtime: Runtime, names: Mapping[str, str]) -> _EventDetails:
    with runtime.store.transaction() as tx:
        return _EventDetails(inbox.row(tx, number_in(names, "row")))


def _message(runtime: Runtime, names: Mapping[str, str]) -> _MessageDetails:
    with runtime.store.transaction() as tx:
        found = quarantine.row(tx, number_in(names, "message"))
        return _MessageDetails(found, quarantine.raw(tx, found.id))


def _audit(runtime: Runtime, names: Mapping[str, str]) -> AuditRun:
    try:
        day = date.fromisoformat(names["day"])
    except ValueError:
        raise NotFound("unknown_audit", "a day is written YYYY-MM-DD") from None
    with runtime.store.transaction() as tx:
        return audits.audit(tx, day)


def _run(runtime: Runtime, names: Mapping[str, str]) -> RunView:
    with runtime.store.transaction() as tx:
        return runs.run(tx, number_in(names, "run"))


def _as(fields: Fields[T]) -> Callable[[T, Facts], Json]:
    return lambda row, _: as_object(fields, row)


def _bill_object(found: _BillDetails, _: Facts) -> Json:
    lines, paid = as_objects(BILL_LINES, found.lines), as_objects(REPAYMENTS, found.repayments)
    return {**as_object(BILLS, found.bill), "lines": lines, "repayments": paid}


def _settlement_object(found: _SettlementDetails, _: Facts) -> Json:
    lines = as_objects(LINES, found.lines)
    return {**as_object(UNIFIED_SETTLEMENTS, found.settlement), "lines": lines, "revision": found.revision}


def _charge_object(found: _ChargeDetails, _: Facts) -> Json:
    return {**as_object(CHARGES, found.charge), "bills": as_objects(CHARGE_LINES, found.bills)}


def _dispute_object(found: _DisputeDetails, _: Facts) -> Json:
    return {**as_object(REVERSALS, found.dispute), "bills": as_objects(MOVED_BILLS, found.bills)}


def _message_object(found: _MessageDetails, _: Facts) -> Json:
    return {**as_object(MESSAGES, found.message), "raw": found.raw.decode(errors="backslashreplace")}


_ACCOUNT = "/accounts/{account}"
_BILL = f"{_ACCOUNT}/bills/{{cycle}}"
ACCOUNT = Single(
    "get_account", _ACCOUNT, "An account with everything of its.", AccountDetails, _account,
    lambda found, facts: account_details(found, facts.as_of(), facts.policy),
)  # fmt: skip
SETTLEMENT = Single(
    "get_settlement", f"{_ACCOUNT}/unified-settlements/{{settlement}}", "A unified settlement.",
    _SettlementDetails, _settlement, _settlement_object,
)  # fmt: skip
SINGLES: tuple[Single[Any], ...] = (
    ACCOUNT,
    Single("explain_account", f"{_ACCOUNT}/explanation", "Every bill that is not settled, explained.",
           Explanation, _explained, lambda found, _: explanation_object(found)),
    Single("get_bill", _BILL, "A bill, what it is made of, and the records that are presented of its repayments.",
           _BillDetails, _bill, _bill_object),
    Single("explain_bill", f"{_BILL}/explanation", "A bill explained: figures, payments, reasons.",
           Explanation, _explained, lambda found, _: explanation_object(found)),
    Single("get_statement", f"{_ACCOUNT}/statements/{{cycle}}", "A month with every movement.",
           Statement, _statement, lambda found, _: statement_json(found)),
    Single("get_payment", f"{_ACCOUNT}/payments/{{payment}}", "A manual payment.",
           PaymentView, _payment, _as(PAYMENTS)),
    SETTLEMENT,
    Single("get_charge", "/charges/{charge}", "A charge, and the bills it is for.",
           _ChargeDetails, _charge, _charge_object),
    Single("get_refund", "/refunds/{refund}", "A refund to a payment method.",
           GatewayRefundView, _refund, _as(REFUNDS)),
    Single("get_repayment", f"{_BILL}/repayments/{{cause}}", "A repayment with every fund that paid.",
           RepaymentView, _repayment, _as(REPAYMENTS)),
    Single("get_dispute", "/disputes/{gateway}/{dispute}",
           "A dispute, or a refund that a gateway made by itself, with the bills that it took back.",
           _DisputeDetails, _dispute, _dispute_object),
    Single("get_inbox_row", "/inbox/{row}", "An event as it is kept, with its data.",
           _EventDetails, _kept_event, lambda found, _: {**as_object(EVENTS, found.event), "data": found.event.data}),
    Single("get_message", "/quarantine/{message}", "A message that no task could take, with what is kept of its bytes.",
           _MessageDetails, _message, _message_object),
    Single("get_audit", "/audits/{day}", "The audit of a day: violations by check.", AuditRun, _audit, _as(AUDITS)),
    Single("get_run", "/runs/{run}", "A run: progress, and what it came to so far.", RunView, _run, _as(RUNS)),
)  # fmt: skip


def _operation(one: Single[Any]) -> Operation:
    name = one.kind.__name__.removeprefix("_").removesuffix("View")
    schema = called(name, schema_of(one.kind, lambda row: one.present(row, SAMPLE_FACTS)))
    return Operation(
        one.id, "GET", one.path, one.means, "read", partial(single, of=one), {200: {JSON: schema}}, "reads",
        problems=[404],
    )  # fmt: skip


OPERATIONS = tuple(map(_operation, SINGLES))

"""Single things by their names. Rule: R12.5."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.bills import BILL_LINES, BILLS
from interfaces.fields.charges import CHARGE_LINES, CHARGES
from interfaces.fields.field import as_object, as_objects
from interfaces.fields.payments import PAYMENTS
from interfaces.fields.refunds import REFUNDS
from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.runs import RUNS
from interfaces.fields.unified_settlements import LINES, UNIFIED_SETTLEMENTS
from interfaces.fields.values import Json
from interfaces.http.api.context import Api, as_json
from interfaces.http.api.etag import entity_tag
from interfaces.http.problems import Problem
from interfaces.objects.accounts import account_details, read_account
from interfaces.objects.explanations import explanation_object
from interfaces.objects.statements import statement_json
from settlement.errors import NotFound, Refused
from settlement.model.cycle import Cycle, parse_cycle
from settlement.operations.reports.explanations import explain
from settlement.operations.reports.statements import read_statement
from settlement.queries import bills, charges, payments, refunds, repayments, runs, unified_settlements

if TYPE_CHECKING:
    from worker.runtime import Runtime

# Of the lines of a bill or a settlement, the first so many come with it.
MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Single:
    """One thing, found by the names in its path. With an `account` in it, only by whoever may name that account."""

    id: str
    path: str
    means: str
    find: Callable[[Runtime, Mapping[str, str]], Json]


async def single(api: Api, of: Single, request: Request) -> Response:
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
    found = await api.in_thread(of.find, api.runtime, names)
    return as_json(found, ETag=entity_tag(found))


def _cycle(names: Mapping[str, str]) -> Cycle:
    try:
        return parse_cycle(names["cycle"])
    except Refused as error:
        raise NotFound("unknown_bill", error.message) from None


def _number(names: Mapping[str, str], name: str) -> int:
    text = names[name]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(f"unknown_{name}", f"{name} {text[:40]} is not known")
    return int(text)


def _account(runtime: Runtime, names: Mapping[str, str]) -> Json:
    now = runtime.as_of()
    with runtime.store.transaction() as tx:
        found = read_account(tx, names["account"])
    return account_details(found, now, runtime.policy)


def _bill(runtime: Runtime, names: Mapping[str, str]) -> Json:
    account, cycle = names["account"], _cycle(names)
    with runtime.store.transaction() as tx:
        return {
            **as_object(BILLS, bills.bill(tx, account, cycle)),
            "lines": as_objects(BILL_LINES, bills.bill_lines(tx, account, cycle, limit=MOST_LINES)),
            "repayments": as_objects(
                REPAYMENTS, repayments.repayments(tx, limit=MOST_LINES, account=account, cycle=cycle)
            ),
        }


def _explained(runtime: Runtime, names: Mapping[str, str]) -> Json:
    cycle = _cycle(names) if "cycle" in names else None
    return explanation_object(
        explain(runtime.store, names["account"], cycle, at=runtime.as_of(), policy=runtime.policy)
    )


def _statement(runtime: Runtime, names: Mapping[str, str]) -> Json:
    return statement_json(
        read_statement(
            runtime.store, names["account"], _cycle(names), at=runtime.as_of(), policy=runtime.policy
        )
    )


def _payment(runtime: Runtime, names: Mapping[str, str]) -> Json:
    with runtime.store.transaction() as tx:
        return as_object(PAYMENTS, payments.payment(tx, names["account"], names["payment"]))


def _settlement(runtime: Runtime, names: Mapping[str, str]) -> Json:
    with runtime.store.transaction() as tx:
        found = unified_settlements.settlement(tx, names["account"], names["settlement"])
        lines = unified_settlements.lines(tx, found.number, limit=MOST_LINES)
    return {**as_object(UNIFIED_SETTLEMENTS, found), "lines": as_objects(LINES, lines)}


def _charge(runtime: Runtime, names: Mapping[str, str]) -> Json:
    with runtime.store.transaction() as tx:
        found = charges.charge(tx, names["charge"])
        lines = charges.charge_lines(tx, names["charge"])
    return {**as_object(CHARGES, found), "bills": as_objects(CHARGE_LINES, lines)}


def _refund(runtime: Runtime, names: Mapping[str, str]) -> Json:
    with runtime.store.transaction() as tx:
        return as_object(REFUNDS, refunds.refund(tx, names["refund"]))


def _run(runtime: Runtime, names: Mapping[str, str]) -> Json:
    with runtime.store.transaction() as tx:
        return as_object(RUNS, runs.run(tx, _number(names, "run")))


_ACCOUNT = "/accounts/{account}"
_BILL = f"{_ACCOUNT}/bills/{{cycle}}"

SINGLES = (
    Single("get_account", _ACCOUNT, "An account with everything of its.", _account),
    Single(
        "explain_account", f"{_ACCOUNT}/explanation", "Every bill that is not settled, explained.", _explained
    ),
    Single("get_bill", _BILL, "A bill, what it is made of, and its repayments.", _bill),
    Single(
        "explain_bill", f"{_BILL}/explanation", "A bill explained: figures, payments, reasons.", _explained
    ),
    Single("get_statement", f"{_ACCOUNT}/statements/{{cycle}}", "A month with every movement.", _statement),
    Single("get_payment", f"{_ACCOUNT}/payments/{{payment}}", "A manual payment.", _payment),
    Single(
        "get_settlement",
        f"{_ACCOUNT}/unified-settlements/{{settlement}}",
        "A unified settlement.",
        _settlement,
    ),
    Single("get_charge", "/charges/{charge}", "A charge, and the bills it is for.", _charge),
    Single("get_refund", "/refunds/{refund}", "A refund to a payment method.", _refund),
    Single("get_run", "/runs/{run}", "A run: progress, and what it came to so far.", _run),
)

"""`Changes.check` catches a plan that computes wrongly, whatever row it got wrong. Rule: R11.2, R11.3, R11.4."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from settlement.errors import Broken
from settlement.model.changes import Changes
from settlement.model.money import MAX_MINOR
from settlement.model.rows.records import RepaymentRow
from settlement.model.snapshot import Snapshot
from settlement.plans.bills.issuance import plan_month_close
from settlement.plans.events.plan import plan_events
from settlement.proof.changes import check
from tests.support.builders import (
    NOV,
    OCT,
    OCT_ISSUED,
    POLICY,
    account,
    accruing,
    card,
    event,
    fee,
    issued,
    line,
    position,
    refund,
    snapshot,
    top_up,
)

SEP = 202609


@dataclass
class Case:
    """A sound plan, and how to spoil it."""

    before: Snapshot
    changes: Changes


def month_close() -> Case:
    """Account 1 pays two bills from card, refund and cash; account 2 carries credit over."""
    before = snapshot(
        position(
            account(1, cash_minor=100_000),
            bills=[issued(SEP, 5000), accruing(OCT, "60.009")],
            lines=[line(SEP, "50"), line(OCT, "60.009")],
            cards=[card(70, 2000)],
            refunds=[refund(80, 1000)],
        ),
        position(account(2), bills=[accruing(OCT, "-5.5", account_id=2)]),
    )
    return Case(
        before,
        plan_month_close(
            before, cycle=OCT, cause="close", correlation_id="run:1", at=OCT_ISSUED, policy=POLICY
        ),
    )


def events() -> Case:
    """A top-up, a card, a refund, a transfer and fees."""
    before = snapshot(position(account(1)), position(account(2, cash_minor=9000)), ties=[(2, 1)])
    more = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2028-01-01T00:00:00Z", "currency": "USD"}
    commands = [
        top_up("10.00", inbox_id=1),
        event("card_activated", inbox_id=2, card="c", amount="20.00", **more),
        event("refund", inbox_id=3, amount="30.00", currency="USD"),
        event("transfer", inbox_id=4, amount="40.00", currency="USD", from_account="acc-2"),
        event("fees", inbox_id=5, fees=[fee("1.5", "a"), fee("2.5", "b", product="OSS")]),
        event("account_opened", "new", inbox_id=6, currency="USD", opening_cash="5.00"),
    ]
    return Case(before, plan_events(before, commands=commands, at=OCT_ISSUED, policy=POLICY))


def replaced(rows: list, index: int, **values) -> None:
    rows[index] = rows[index]._replace(**values)


def index(rows: list, **values) -> int:
    return next(i for i, row in enumerate(rows) if all(getattr(row, k) == v for k, v in values.items()))


def rows_at(changes: Changes, path: str) -> Any:
    """The list under a path of attributes, or of keys where there is a list for each kind."""
    found: Any = changes
    for part in path.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    return found


def change(rows: str, where: dict, **values) -> Callable[[Changes], None]:
    """Replaces values of the first row that matches."""
    return lambda changes: replaced(rows_at(changes, rows), index(rows_at(changes, rows), **where), **values)


def drop(rows: str, **where) -> Callable[[Changes], None]:
    """Leaves a row out."""
    return lambda changes: rows_at(changes, rows).pop(index(rows_at(changes, rows), **where))


@pytest.mark.parametrize("case", [month_close, events])
def test_a_sound_plan_passes(case):
    it = case()
    check(it.changes, it.before)


def drop_a_unit(changes: Changes) -> None:
    """Bills one cent less, everywhere, and calls the cent a dropped fraction."""
    row = index(changes.bills.issued, account_id=1)
    replaced(changes.bills.issued, row, payable_minor=5999, dropped=Decimal("0.019"))
    replaced(changes.records.transfers, index(changes.records.transfers, credit="revenue"), amount_minor=5999)
    replaced(changes.bills.issued, row, paid_minor=5999)
    cash = index(changes.records.transfers, debit="cash", credit_ref=OCT)
    amount = changes.records.transfers[cash].amount_minor - 1
    replaced(changes.records.transfers, cash, amount_minor=amount)
    replaced(
        changes.records.repayment_lines,
        index(changes.records.repayment_lines, source="cash", cycle=OCT),
        amount_minor=amount,
    )
    replaced(changes.records.repayments, index(changes.records.repayments, cycle=OCT), amount_minor=5999)
    replaced(
        changes.accounts.values,
        index(changes.accounts.values, id=1),
        cash_minor=changes.accounts.values[0].cash_minor + 1,
    )


def receive_more(changes: Changes) -> None:
    """Account 1 receives a cent more than account 2 sent, and its cash says so."""
    into = index(changes.records.transfers, debit="transfer_clearing")
    replaced(changes.records.transfers, into, amount_minor=4001)
    row = index(changes.accounts.values, id=1)
    replaced(changes.accounts.values, row, cash_minor=changes.accounts.values[row].cash_minor + 1)


def repay_without_lines(changes: Changes) -> None:
    """A record of a payment that nothing paid."""
    changes.records.repayments.append(RepaymentRow(1, 202608, "x", "auto_write_off", 5, "USD", OCT_ISSUED))


def accrue_twice(changes: Changes) -> None:
    """The first accrual once more."""
    changes.bills.accruals.append(changes.bills.accruals[0])


MONTH_CLOSE = {
    "cash too high": (change("accounts.values", {"id": 1}, cash_minor=100_000), 1),
    "cash too low": (change("accounts.values", {"id": 1}, cash_minor=1), 1),
    "the account is not written": (drop("accounts.values", id=1), 1),
    "a card keeps its balance": (change("funds.values.card", {"id": 70}, balance_minor=2000), 1),
    "a card is not written": (drop("funds.values.card", id=70), 1),
    "a refund keeps what remains": (change("funds.values.refund", {"id": 80}, balance_minor=1000), 1),
    "a refund is not written": (drop("funds.values.refund", id=80), 1),
    "payable too high": (change("bills.issued", {"account_id": 1}, payable_minor=6001), 1),
    "paid beyond payable": (change("bills.issued", {"account_id": 1}, paid_minor=6001), 1),
    "paid too little": (change("bills.issued", {"account_id": 1}, paid_minor=0, state="unsettled"), 1),
    "a fraction lost": (change("bills.issued", {"account_id": 1}, dropped=Decimal(0)), 1),
    "a whole unit dropped": (drop_a_unit, 1),
    "credit lost": (change("bills.issued", {"account_id": 2}, carried_out=Decimal(-5)), 2),
    "credit not carried in": (drop("bills.accruals", account_id=2), 2),
    "credit carried in twice": (accrue_twice, 2),
    "an old bill paid twice": (change("bills.paid", {"cycle": SEP}, paid_minor=10_000), 1),
    "an old bill not written": (drop("bills.paid", cycle=SEP), 1),
    "a bill that is not there": (change("bills.paid", {"cycle": SEP}, cycle=202608), 1),
    "an issued bill of nobody": (change("bills.issued", {"account_id": 2}, cycle=NOV), 2),
    "a repayment too large": (change("records.repayments", {"cycle": OCT}, amount_minor=1), 1),
    "a repayment missing": (drop("records.repayments", cycle=OCT), 1),
    "a repayment without lines": (repay_without_lines, 1),
    "a repayment line too large": (change("records.repayment_lines", {"source": "cash"}, amount_minor=99_999), 1),
    "a repayment line of another fund": (change("records.repayment_lines", {"source": "refund"}, source="cash"), 1),
    "a transfer missing": (drop("records.transfers", credit="revenue"), 1),
    "a transfer too large": (change("records.transfers", {"debit": "cash"}, amount_minor=100_000), 1),
    "a transfer of nothing": (change("records.transfers", {"debit": "cash"}, amount_minor=0), 1),
    "a transfer the wrong way": (change("records.transfers", {"debit": "cash"}, debit="receivable", credit="cash"), 1),
    "a transfer of another account": (change("records.transfers", {"debit": "cash"}, account_id=2), 2),
    "cards paid a line less": (change("bills.lines_paid", {"cycle": SEP}, card_paid_minor=1), 1),
    "cards paid a line nowhere": (drop("bills.lines_paid", cycle=SEP), 1),
}  # fmt: skip


EVENTS = {
    "money out of nothing": (change("accounts.values", {"id": 1}, cash_minor=500_000), 1),
    "money gone": (change("accounts.values", {"id": 2}, cash_minor=0), 2),
    "an opening balance too high": (change("accounts.values", {"id": 6}, cash_minor=501), 6),
    "a card worth more than was paid for": (change("funds.new.card", {}, balance_minor=2001), 1),
    "a card below zero": (change("funds.new.card", {}, balance_minor=-1), 1),
    "a refund worth more": (change("funds.new.refund", {}, balance_minor=3001), 1),
    "more received than sent": (receive_more, 1),
    "a fee not accrued": (drop("bills.accruals", account_id=1), 1),
    "a fee accrued twice": (accrue_twice, 1),
    "a line that accrues more": (change("bills.line_accruals", {"product": "OSS"}, accrued=Decimal(3)), 1),
    "a line missing": (drop("bills.line_accruals", product="OSS"), 1),
    "an accrual without a fee": (drop("bills.fees", amount=Decimal("1.5")), 1),
    "a fee in another month": (change("bills.fees", {"amount": Decimal("1.5")}, cycle=202701), 1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "spoil", "blamed"),
    [
        *(pytest.param(month_close, spoil, blamed, id=name) for name, (spoil, blamed) in MONTH_CLOSE.items()),
        *(pytest.param(events, spoil, blamed, id=name) for name, (spoil, blamed) in EVENTS.items()),
    ],
)
def test_a_wrong_row_is_caught_and_its_account_named(case, spoil, blamed):
    it = case()
    spoil(it.changes)
    with pytest.raises(Broken) as broken:
        check(it.changes, it.before)
    assert blamed in broken.value.reasons
    assert broken.value.reasons[blamed]


def test_a_bill_too_large_to_be_recorded_is_caught_and_not_its_neighbour():
    huge = f"{MAX_MINOR // 100 + 1}"
    before = snapshot(
        position(account(1), bills=[accruing(OCT, huge)]),
        position(account(2), bills=[accruing(OCT, "5", account_id=2)]),
    )
    changes = plan_month_close(
        before, cycle=OCT, cause="close", correlation_id="r", at=OCT_ISSUED, policy=POLICY
    )
    with pytest.raises(Broken) as broken:
        check(changes, before)
    assert list(broken.value.reasons) == [1]

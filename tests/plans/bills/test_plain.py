"""A plain account's month closes as that of any other, in fewer steps. Rule: R3.1, R4.1."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from settlement.model.accounts import Account
from settlement.model.bills import Bill
from settlement.model.changes import Changes
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.model.snapshot import Position, Snapshot
from settlement.plans.bills.issuance import close_bill, plan_month_close
from settlement.plans.bills.plain import plain_bill
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.proof.changes import check
from tests.support.builders import (
    A1,
    DEC,
    NOV,
    OCT,
    OCT_ISSUED,
    account,
    accruing,
    issued,
    position,
    snapshot,
)
from tests.support.plain import spelled_out

CAUSE, RUN = "close:2026-10", "run:1"
# The last money came never, before, at, and, by a clock that is fast, after the instant of issuance.
INFLOWS = (None, *(OCT_ISSUED + timedelta(minutes=minutes) for minutes in (-60, 0, 60)))
amounts = st.decimals(0, 200, places=4).map(str)
credits_carried = st.one_of(st.just("0"), st.decimals(-50, 0, places=5).map(str))
cents = st.one_of(st.sampled_from((0, 1, 10_000)), st.integers(0, 30_000))


@st.composite
def plain_sets(draw: st.DrawFn) -> Snapshot:
    """One account with cash, limits, switches and holds of any kind, and bills that accrue."""
    owner = account(
        currency=draw(st.sampled_from(("USD", "JPY", "KWD"))), cash_minor=draw(cents),
        credit_limit_minor=draw(st.sampled_from((0, 0, 5_000))), frozen_minor=draw(st.sampled_from((0, 0, 700))),
        credit_control=draw(st.booleans()), auto_write_off_enabled=draw(st.sampled_from((True, True, False))),
        write_off_past_bills=draw(st.booleans()), funds_since=draw(st.sampled_from(INFLOWS)),
    )  # fmt: skip
    cycles = [OCT, *(cycle for cycle in (NOV, DEC) if draw(st.booleans()))]
    bills = [accruing(cycle, draw(amounts), draw(credits_carried)) for cycle in cycles]
    assume(all(bill.accrued + bill.carried_in >= 0 for bill in bills))
    return snapshot(position(owner, bills=bills, holds=draw(st.sampled_from(((), (), ("operator",))))))


def as_any_other(before: Snapshot, policy: Policy) -> Changes:
    """The month close without the way for plain accounts."""
    draft = Draft(before, at=OCT_ISSUED, policy=policy)
    for working in draft.accounts.values():
        bill = working.bill(OCT)
        assert bill is not None
        close_bill(draft, working, bill, cause=CAUSE, correlation_id=RUN)
    return finish(draft)


def reported(changes: Changes, before: Snapshot) -> Report:
    """What is said of them."""
    report = Report()
    report.add_changes(changes, {key: own.account.currency for key, own in before.positions.items()})
    return report


@settings(max_examples=400, deadline=None)
@given(before=plain_sets(), partial=st.booleans(), freeze=st.booleans())
def test_a_plain_account_comes_to_what_any_other_comes_to(before, partial, freeze):
    policy = Policy(partial_write_off=partial, freeze_accruing=freeze)
    assert plain_bill(before.positions[A1], OCT) is not None
    changes = plan_month_close(
        before, cycle=OCT, cause=CAUSE, correlation_id=RUN, at=OCT_ISSUED, policy=policy
    )
    check(changes, before)
    rows = spelled_out(changes, before, at=OCT_ISSUED)
    assert rows == as_any_other(before, policy)
    assert reported(changes, before) == reported(rows, before)


PLAIN = position(account(cash_minor=10_000), bills=[accruing(OCT, "12.34"), accruing(NOV, "1")])


def test_it_is_plain_to_begin_with():
    assert plain_bill(PLAIN, OCT) == PLAIN.bills[0]
    assert plain_bill(PLAIN, DEC) is None


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Position) if field.name not in ("account", "bills", "holds")]
)
def test_whatever_else_an_account_has_makes_it_none(name):
    something: Any = object()
    assert plain_bill(replace(PLAIN, **{name: something}), OCT) is None


READ = {
    "id", "external_id", "currency", "cash_minor", "credit_limit_minor", "frozen_minor", "credit_control",
    "auto_write_off_enabled", "write_off_past_bills", "funds_since",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(Account._fields) - READ))
def test_whatever_else_is_said_of_an_account_makes_it_none(name):
    """A column that is added is one of these, until the close of a plain account reads it."""
    something: Any = object()
    assert plain_bill(replace(PLAIN, account=PLAIN.account._replace(**{name: something})), OCT) is None


@pytest.mark.parametrize(
    "bill",
    [
        issued(202609, 5000),
        issued(202609, 5000, 5000),
        accruing(NOV, "-0.0001"),
        accruing(NOV, "1", "-3.5"),
        accruing(NOV, "1")._replace(reserved_minor=1),
        accruing(NOV, "1")._replace(overdue=True),
    ],
)
def test_a_bill_of_another_kind_makes_it_none(bill: Bill):
    assert plain_bill(replace(PLAIN, bills=[PLAIN.bills[0], bill]), OCT) is None


def test_a_bill_that_comes_to_nothing_is_settled_without_money():
    before = snapshot(position(bills=[accruing(OCT, "0.009")]))
    changes = plan_month_close(
        before, cycle=OCT, cause=CAUSE, correlation_id=RUN, at=OCT_ISSUED, policy=Policy(),
    )  # fmt: skip
    (row,) = changes.plain.rows
    assert (row.payable_minor, row.paid_minor, row.dropped) == (0, 0, Decimal("0.009"))
    assert [one.topic for one in changes.announcements] == ["bill.issued", "bill.settled"]
    rows = spelled_out(changes, before, at=OCT_ISSUED)
    assert [bill.state for bill in rows.bills.issued] == ["settled"]
    assert not rows.accounts.values

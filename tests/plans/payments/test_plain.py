"""A plain bill is paid by a unified settlement as any other, in fewer steps. Rule: R9.3."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.model.accounts import AccountId, WriteOffHold
from settlement.model.bills import Bill
from settlement.model.changes import Changes
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.model.snapshot import KnownSettlements, Position, Snapshot
from settlement.model.unified_settlements import UNIFIED_HOLD, UnifiedLine, UnifiedSettlement
from settlement.plans.draft.draft import Draft
from settlement.plans.events.plan import plan_events
from settlement.plans.finish.changes import finish
from settlement.plans.payments.plain import PlainRound
from settlement.plans.payments.unified_payments import pay_lines
from settlement.plans.payments.unified_settlements import plan_unified
from settlement.proof.changes import check
from tests.support.builders import (
    DEC,
    NOV,
    OCT,
    OCT_ISSUED,
    account,
    accruing,
    book,
    event,
    issued,
    position,
    snapshot,
    top_up,
)
from tests.support.plain import spelled_out

MAIN, NUMBER = AccountId(1), 1001
MEMBERS = (2, 3, 4)
INFLOWS = (None, None, *(OCT_ISSUED + timedelta(minutes=minutes) for minutes in (-60, 60)))


def listing(main: Position, *members: Position) -> Snapshot:
    """A running settlement of all issued bills of the members, each of whom it holds."""
    ids = [member.account.id for member in members]
    held = [
        replace(one, holds=[*one.holds, WriteOffHold(one.account.id, UNIFIED_HOLD, str(NUMBER))])
        for one in members
    ]
    lines = [
        UnifiedLine(
            NUMBER, no, bill.account_id, bill.cycle, bill.outstanding_minor, 0,
            "open" if bill.outstanding_minor else "paid", MAIN, "october",
        )
        for no, bill in enumerate((bill for one in members for bill in one.bills if bill.payable_minor), 1)
    ]  # fmt: skip
    return replace(
        snapshot(main, *held, ties=[(MAIN, member) for member in ids]),
        unified_settlements=KnownSettlements(
            settlements=(UnifiedSettlement(NUMBER, MAIN, "october", "USD", "running", 0, deleted=False),),
            lines=tuple(lines),
            holders={str(NUMBER): MAIN},
        ),
    )


@st.composite
def lists(draw: st.DrawFn) -> Snapshot:
    """Members with an issued bill or two, with or without money of their own, and too little or enough for all."""
    members = []
    for number in MEMBERS:
        owner = account(
            number, cash_minor=draw(st.sampled_from([0, 0, 400])), credit_control=draw(st.booleans()),
            funds_since=draw(st.sampled_from(INFLOWS)),
        )  # fmt: skip
        bills = [
            issued(OCT, draw(st.integers(100, 500)), draw(st.sampled_from([0, 0, 50])), account_id=number)
        ]
        if draw(st.integers(0, 4)) == 0:
            bills.append(issued(NOV, 100, draw(st.sampled_from([0, 100])), account_id=number))
        bills.append(accruing(DEC, "3.5", account_id=number))
        if draw(st.integers(0, 4)) == 0:
            bills[0] = bills[0]._replace(overdue=True)
        members.append(position(owner, bills=bills, holds=draw(st.sampled_from([(), (), ("manual",)]))))
    main = account(MAIN, cash_minor=draw(st.sampled_from([0, 300, 700, 100_000])))
    return listing(position(main), *members)


def as_any_other(before: Snapshot, policy: Policy) -> Changes:
    """The round without the way for plain bills: every account is looked at before."""
    draft = Draft(before, at=OCT_ISSUED, policy=policy)
    assert len(list(draft.accounts.values())) == len(before.positions)
    (working,) = draft.unified_settlements.by_name.values()
    pay_lines(draft, draft.accounts[MAIN], working)
    return finish(draft)


def in_order(changes: Changes) -> Changes:
    """The same, whatever the order of rows of different accounts; those of a main account come last in the ledger."""
    for rows in (
        changes.bills.paid, changes.records.transfers, changes.records.repayments,
        changes.records.repayment_lines, changes.unified_settlements.lines, changes.accounts.holds,
    ):  # fmt: skip
        rows.sort()
    return changes


def reported(changes: Changes, before: Snapshot) -> Report:
    """What is said of them."""
    report = Report()
    report.add_changes(changes, {key: own.account.currency for key, own in before.positions.items()})
    return report


@settings(max_examples=300, deadline=None)
@given(before=lists(), partial=st.booleans())
def test_a_plain_bill_is_paid_as_any_other_is(before, partial):
    policy = Policy(partial_write_off=partial)
    changes = plan_unified(before, settlement_ids=[NUMBER], at=OCT_ISSUED, policy=policy)
    check(changes, before)
    rows = spelled_out(changes, before, at=OCT_ISSUED)
    check(rows, before)
    other = as_any_other(before, policy)
    assert in_order(rows) == in_order(other)
    assert reported(changes, before) == reported(other, before)


def member(number: int = 2, *bills: Bill, **values: Any) -> Position:
    """One that owes 5.00 of October."""
    return position(account(number, **values), bills=bills or [issued(OCT, 500, account_id=number)])


RICH = position(account(MAIN, cash_minor=10_000))


def plain_rows(before: Snapshot) -> list[tuple[int, int, int]]:
    changes = plan_unified(before, settlement_ids=[NUMBER], at=OCT_ISSUED, policy=Policy())
    return [(*row,) for row in changes.plain_payments.rows]


def test_it_is_plain_to_begin_with():
    assert plain_rows(listing(RICH, member())) == [(2, OCT, 500)]


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Position) if field.name not in ("account", "bills", "holds")]
)
def test_whatever_else_an_account_has_makes_it_none(name):
    something: Any = object()
    before = listing(RICH, replace(member(), **{name: something}))
    (line,) = before.unified_settlements.lines
    assert asked(listing(RICH, member())).bill(line) is not None
    assert asked(before).bill(line) is None


def asked(before: Snapshot) -> PlainRound:
    """The round that would pay."""
    draft = Draft(before, at=OCT_ISSUED, policy=Policy())
    (working,) = draft.unified_settlements.by_name.values()
    return PlainRound(draft, draft.accounts[MAIN], working, "cause", "correlation")


@pytest.mark.parametrize(
    "other",
    [
        member(2, issued(OCT, 500, account_id=2), issued(NOV, 100, account_id=2)),
        member(2, issued(OCT, 500, account_id=2)._replace(reserved_minor=1)),
        member(2, issued(OCT, 500, account_id=2)._replace(overdue=True)),
        member(2, funds_since=OCT_ISSUED + timedelta(seconds=1)),
        member(2, parked_at=OCT_ISSUED),
    ],
)
def test_a_bill_of_another_kind_is_none(other):
    assert plain_rows(listing(RICH, other)) == []
    assert plain_rows(listing(RICH, other, member(3))) == [(3, OCT, 500)]


def test_without_a_relationship_nothing_is_paid():
    assert plain_rows(replace(listing(RICH, member()), relationships=snapshot().relationships)) == []


def test_a_bill_of_the_main_account_is_none():
    assert plain_rows(listing(replace(RICH, bills=[issued(OCT, 500, account_id=MAIN)]), member(3))) == [
        (3, OCT, 500)
    ]


RUN = event("unified_settlement_run", inbox_id=2001, settlement="october")


def drafted(*members: Position) -> Snapshot:
    before = listing(RICH, *members)
    known = before.unified_settlements
    (settlement,) = known.settlements
    return replace(
        before,
        unified_settlements=replace(known, settlements=(replace(settlement, state="draft"),)),
    )


def test_who_looks_at_an_account_afterwards_sees_its_bill_paid_and_no_hold():
    """A top-up of the member in the same set finds nothing to pay, and none of the holds that are gone."""
    changes, after = book(drafted(member()), RUN, top_up("20.00", "acc-2", inbox_id=2002))
    assert [(row.account_id, row.amount_minor) for row in changes.records.repayments] == [(2, 500)]
    assert after.positions[AccountId(2)].account.cash_minor == 2_000
    assert not after.positions[AccountId(2)].holds
    assert [(one.topic, one.account_id) for one in changes.announcements if one.topic == "bill.settled"] == [
        ("bill.settled", 2)
    ]


def test_who_was_looked_at_before_is_paid_as_it_stands_then():
    """The hold is set aside, so the top-up before pays nothing; the bill is none of the plain ones any more."""
    before = drafted(member(), member(3))
    changes = plan_events(
        before, commands=[top_up("20.00", "acc-2", inbox_id=2000), RUN], at=OCT_ISSUED, policy=Policy()
    )
    assert [row.account_id for row in changes.plain_payments.rows] == [3]
    _, after = book(before, top_up("20.00", "acc-2", inbox_id=2000), RUN)
    assert after.positions[AccountId(2)].account.cash_minor == 2_000
    assert [bill.state for bill in after.positions[AccountId(2)].bills] == ["settled"]


def test_while_something_is_open_nobody_is_let_go():
    poor = position(account(MAIN, cash_minor=700))
    before = listing(poor, member(2), member(3))
    changes = plan_unified(
        before, settlement_ids=[NUMBER], at=OCT_ISSUED, policy=Policy(partial_write_off=False)
    )
    assert [row.account_id for row in changes.plain_payments.rows] == [2]
    assert not changes.plain_payments.releases
    assert not changes.accounts.holds

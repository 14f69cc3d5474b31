"""Plans that give money back: to which charges, and a proof that catches every row they could get wrong. Rule: R7.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import Broken
from settlement.events.announcements import read_announcement
from settlement.model.announcements.facts import RefundFacts
from settlement.model.changes import Changes
from settlement.model.commands.command import Command
from settlement.model.gateway.charges import NotFound, TryLater, Unknown
from settlement.model.gateway.refund_calls import Refunded, RefundFailed, RefundPending
from settlement.model.gateway.refunds import ON_ITS_WAY, GatewayRefund, RefundableCharge, RefundResponse
from settlement.model.rows.refunds import GatewayRefundValues
from settlement.model.snapshot import RefundPosition, Snapshot
from settlement.plans.events.plan import plan_events
from settlement.plans.outcomes.refunds import plan_refund_outcomes
from settlement.proof.changes import check
from tests.support.builders import A1, OCT, OCT_ISSUED, POLICY, account, event, issued, position, snapshot
from tests.support.builders import refund as credit_refund

OUTCOMES = (
    Refunded("r-1", 3000), Refunded("r-1", 2999), RefundPending("r-1"), RefundFailed("no", "gone"), Unknown("?"),
    NotFound(), TryLater("busy"),
)  # fmt: skip
STATES = ("waiting", "sent", "unknown", "under_way", "succeeded", "failed")


def charge(no: int, charged: int, refunded: int = 0, gateway: str = "sandbox") -> RefundableCharge:
    return RefundableCharge(A1, no, gateway, f"ch-{no}", charged, refunded)


def on_its_way(no: int = 1, state: str = "sent", amount: int = 3000, attempt_no: int = 1) -> GatewayRefund:
    sent, ended = state != "waiting", state not in ON_ITS_WAY
    return GatewayRefund(
        A1, no, f"ref-{no}", attempt_no, "charge-ref", "sandbox", amount, state, 0, OCT_ISSUED if sent else None,  # type: ignore[arg-type]
        "r-1" if state in {"under_way", "succeeded"} else None, OCT_ISSUED if ended else None,
    )  # fmt: skip


def refund(amount: str, **more: Any) -> Command:
    return event("refund", amount=amount, currency="USD", to="original_method", **more)


@dataclass
class Case:
    """A sound plan, and how to spoil it."""

    before: Snapshot
    changes: Changes


def giving() -> Case:
    """70.00 back to two charges and the rest, 10.00, as cash, which pays a bill."""
    before = snapshot(
        position(
            refunds_to_methods=RefundPosition([charge(1, 2000), charge(2, 9000, 5000)], last_no=4),
            bills=[issued(OCT, 5000)],
        )
    )
    changes = plan_events(before, commands=[refund("70.00", inbox_id=9)], at=OCT_ISSUED, policy=POLICY)
    return Case(before, changes)


def booking(state: str = "sent", outcome: object = OUTCOMES[0]) -> Case:
    """The answer about a refund of 30.00 out of a charge of 50.00."""
    before = snapshot(
        position(
            refunds_to_methods=RefundPosition(
                [charge(1, 5000, 0 if state == "failed" else 3000)], [on_its_way(state=state)]
            ),
        )
    )
    answer = RefundResponse(A1, 1, outcome)  # type: ignore[arg-type]
    return Case(before, plan_refund_outcomes(before, responses=[answer], at=OCT_ISSUED, policy=POLICY))


def failing() -> Case:
    return booking(outcome=RefundFailed("no", "gone"))


def coming_back() -> Case:
    return booking("succeeded", RefundFailed("no", "gone"))


# ---------------------------------------------------------------------------------------------- where it goes
def test_the_oldest_charge_first_each_up_to_what_is_left_the_rest_is_cash_and_pays_bills():
    it = giving()
    check(it.changes, it.before)
    assert [row[1:] for row in it.changes.refunds.new] == [
        (5, 9, 1, "sandbox", "ch-1", 2000, "USD"), (6, 9, 2, "sandbox", "ch-2", 4000, "USD"),
    ]  # fmt: skip
    assert [row[1:] for row in it.changes.refunds.charges] == [(1, 2000), (2, 9000)]
    assert [(row.cycle, row.paid_minor) for row in it.changes.bills.paid] == [(OCT, 1000)]


def test_where_the_gate_is_closed_the_rest_stays_cash():
    owner = account(auto_write_off_enabled=False)
    before = snapshot(
        position(owner, refunds_to_methods=RefundPosition([charge(1, 1000)]), bills=[issued(OCT, 5000)])
    )
    changes = plan_events(before, commands=[refund("15.00")], at=OCT_ISSUED, policy=POLICY)
    check(changes, before)
    assert [row.cash_minor for row in changes.accounts.values] == [500]
    assert changes.bills.paid == []


def test_a_charge_that_was_given_back_whole_and_one_of_a_gateway_that_is_gone_are_passed_over():
    before = snapshot(
        position(
            refunds_to_methods=RefundPosition(
                [charge(1, 1000, 1000), charge(2, 900, gateway="gone"), charge(3, 700)]
            )
        )
    )
    changes = plan_events(before, commands=[refund("8.00")], at=OCT_ISSUED, policy=POLICY)
    check(changes, before)
    assert [row.attempt_no for row in changes.refunds.new] == [3]
    assert [row.cash_minor for row in changes.accounts.values] == [100]


def test_an_amount_that_the_cash_balance_could_not_hold_is_refused():
    before = snapshot(
        position(account(cash_minor=2**63 - 1), refunds_to_methods=RefundPosition([charge(1, 1000)]))
    )
    changes = plan_events(before, commands=[refund("1.00")], at=OCT_ISSUED, policy=POLICY)
    assert [row.reason_code for row in changes.outcomes] == ["bad_amount"]
    assert changes.refunds.new == []


@given(
    charges=st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), max_size=5),
    amounts=st.lists(st.integers(1, 900), min_size=1, max_size=4),
)
def test_whatever_is_given_back_it_is_never_more_than_was_taken_and_nothing_is_lost(charges, amounts):
    taken = [charge(no, charged, min(given, charged)) for no, (charged, given) in enumerate(charges, 1)]
    before = snapshot(position(refunds_to_methods=RefundPosition(taken)))
    commands = [refund(f"{amount / 100:.2f}", inbox_id=no) for no, amount in enumerate(amounts, 1)]
    changes = plan_events(before, commands=commands, at=OCT_ISSUED, policy=POLICY)
    check(changes, before)
    room = sum(one.charged_minor - one.refunded_minor for one in taken)
    back = sum(row.amount_minor for row in changes.refunds.new)
    cash = changes.accounts.values[0].cash_minor if changes.accounts.values else 0
    assert (back, cash) == (min(room, sum(amounts)), max(0, sum(amounts) - room))
    # No later charge is touched while an earlier one has something left.
    left = {one.attempt_no: one.charged_minor - one.refunded_minor for one in taken}
    for row in changes.refunds.charges:
        left[row.attempt_no] = (
            next(one.charged_minor for one in taken if one.attempt_no == row.attempt_no) - row.refunded_minor
        )
    touched = [row.attempt_no for row in changes.refunds.charges]
    assert all(not left[no] for no in left if touched and no < max(touched))


# ---------------------------------------------------------------------------------------------- what comes of it
@pytest.mark.parametrize("outcome", OUTCOMES, ids=str)
@pytest.mark.parametrize("state", STATES)
def test_every_answer_in_every_state_adds_up_and_its_announcement_can_be_read(state, outcome):
    it = booking(state, outcome)
    check(it.changes, it.before)
    for row in it.changes.announcements:
        assert isinstance(read_announcement(row.topic, row.payload), RefundFacts)
    if state == "failed":
        assert it.changes == Changes(), "what became cash stays cash"


@pytest.mark.parametrize(
    ("state", "outcome", "becomes"),
    [
        ("sent", OUTCOMES[0], "succeeded"),
        ("unknown", OUTCOMES[0], "succeeded"),
        ("under_way", OUTCOMES[0], "succeeded"),
        ("sent", RefundPending("r-1"), "under_way"),
        ("succeeded", RefundPending("r-1"), "succeeded"),
        ("sent", RefundFailed("no", "gone"), "failed"),
        ("under_way", RefundFailed("no", "gone"), "failed"),
        ("succeeded", RefundFailed("no", "gone"), "failed"),
        ("waiting", RefundFailed("no", "gone"), "failed"),
        ("sent", Unknown("?"), "unknown"),
        ("under_way", Unknown("?"), "under_way"),
        ("succeeded", Unknown("?"), "succeeded"),
        ("sent", TryLater("busy"), "waiting"),
        ("unknown", TryLater("busy"), "unknown"),
        ("sent", NotFound(), "waiting"),
        ("under_way", NotFound(), "under_way"),
        ("succeeded", NotFound(), "succeeded"),
        ("unknown", Refunded("r-1", 2999), "unknown"),
    ],
)
def test_what_a_refund_becomes(state, outcome, becomes):
    (row,) = booking(state, outcome).changes.refunds.values
    assert row.state == becomes
    assert (row.next_at is None) is (becomes == "failed")


@pytest.mark.parametrize("outcome", [Unknown("?"), NotFound(), TryLater("busy")], ids=str)
def test_what_is_said_late_about_a_refund_that_waits_again_changes_nothing(outcome):
    assert booking("waiting", outcome).changes == Changes()


def test_two_answers_about_one_refund_move_its_money_once():
    it = booking()
    answers = [RefundResponse(A1, 1, outcome) for outcome in (OUTCOMES[0], OUTCOMES[0], Unknown("?"))]
    changes = plan_refund_outcomes(it.before, responses=answers, at=OCT_ISSUED, policy=POLICY)
    check(changes, it.before)
    assert len(changes.records.transfers) == len(changes.refunds.values) == 1
    assert changes.refunds.values[0].state == "succeeded"


def test_parked_accounts_are_left_alone():
    it = booking()
    parked = it.before.parking([A1], OCT_ISSUED)
    answers = [RefundResponse(A1, 1, OUTCOMES[0])]
    assert plan_refund_outcomes(parked, responses=answers, at=OCT_ISSUED, policy=POLICY) == Changes()


def test_credit_refunds_pay_before_the_cash_that_a_failed_refund_became():
    owner = account(credit_control=True)
    before = snapshot(
        position(
            owner, bills=[issued(OCT, 4000)], refunds=[credit_refund(remaining=1500, cycle=OCT)],
            refunds_to_methods=RefundPosition([charge(1, 5000, 3000)], [on_its_way()]),
        )
    )  # fmt: skip
    answers = [RefundResponse(A1, 1, RefundFailed("no", "gone"))]
    changes = plan_refund_outcomes(before, responses=answers, at=OCT_ISSUED, policy=POLICY)
    check(changes, before)
    assert [(row.source, row.amount_minor) for row in changes.records.repayment_lines] == [
        ("refund", 1500),
        ("cash", 2500),
    ]
    assert changes.accounts.values[0].cash_minor == 500


def test_a_refund_is_looked_at_again_as_often_as_the_policy_says():
    for after, expected in ((0, 7), (7, 30), (8, 30), (30, None), (99, None)):
        it = booking("succeeded")
        at = OCT_ISSUED + timedelta(days=after)
        answers = [RefundResponse(A1, 1, OUTCOMES[0])]
        (row,) = plan_refund_outcomes(it.before, responses=answers, at=at, policy=POLICY).refunds.values
        assert row.next_at == (None if expected is None else OCT_ISSUED + timedelta(days=expected))
    never = replace(POLICY, collection=replace(POLICY.collection, refund_read_again_after=()))
    (row,) = plan_refund_outcomes(it.before, responses=answers, at=OCT_ISSUED, policy=never).refunds.values
    assert row.next_at is None


# ---------------------------------------------------------------------------------------------- the proof
def index(rows: list, **values) -> int:
    return next(i for i, row in enumerate(rows) if all(getattr(row, k) == v for k, v in values.items()))


def change(rows: str, where: dict, **values) -> Callable[[Changes], None]:
    """Replaces values of the first row that matches."""

    def spoil(changes: Changes) -> None:
        found = attrgetter(rows)(changes)
        place = index(found, **where)
        found[place] = found[place]._replace(**values)

    return spoil


def drop(rows: str, **where) -> Callable[[Changes], None]:
    """Leaves a row out."""
    return lambda changes: attrgetter(rows)(changes).pop(index(attrgetter(rows)(changes), **where))


def both(*spoils: Callable[[Changes], None]) -> Callable[[Changes], None]:
    def spoil(changes: Changes) -> None:
        for one in spoils:
            one(changes)

    return spoil


def out_of_nowhere(changes: Changes) -> None:
    changes.refunds.values.append(
        GatewayRefundValues(1, 77, "succeeded", 0, None, "r", None, None, OCT_ISSUED, OCT_ISSUED)
    )


GIVING = {
    "a refund larger than its transfer": change("refunds.new", {"attempt_no": 1}, amount_minor=2001),
    "a refund not written": drop("refunds.new", attempt_no=1),
    "a refund of nothing": both(
        change("refunds.new", {"attempt_no": 1}, amount_minor=0), drop("records.transfers", credit_ref=5)
    ),
    "a refund under another number": change("refunds.new", {"attempt_no": 1}, refund_no=8),
    "a charge that hides it": drop("refunds.charges", attempt_no=1),
    "a charge that has given back less": change("refunds.charges", {"attempt_no": 2}, refunded_minor=8999),
    "a refund of another charge": change("refunds.new", {"attempt_no": 1}, attempt_no=2),
    "more than the charge took": both(
        change("refunds.new", {"attempt_no": 1}, amount_minor=2001),
        change("records.transfers", {"credit_ref": 5}, amount_minor=2001),
        change("refunds.charges", {"attempt_no": 1}, refunded_minor=2001),
    ),
    "a charge that is not there": both(
        change("refunds.new", {"attempt_no": 1}, attempt_no=7),
        change("refunds.charges", {"attempt_no": 1}, attempt_no=7),
    ),
    "cash too": change("accounts.values", {"id": 1}, cash_minor=7000),
    "a transfer missing": drop("records.transfers", credit_ref=5),
}
BOOKING = {
    "still on its way": change("refunds.values", {}, state="unknown"),
    "called failed": change("refunds.values", {}, state="failed"),
    "not written": drop("refunds.values"),
    "the transfer missing": drop("records.transfers"),
    "too much given back": change("records.transfers", {}, amount_minor=3001),
    "given to somebody else": change("records.transfers", {}, credit="revenue"),
    "a refund out of nowhere": out_of_nowhere,
}
FAILING = {
    "the charge still counts it": drop("refunds.charges"),
    "called succeeded": change("refunds.values", {}, state="succeeded"),
    "no cash": drop("accounts.values", id=1),
    "below zero given back": change("refunds.charges", {}, refunded_minor=-1),
    "out of the gateway": change(
        "records.transfers", {"debit": "refunding"}, debit="gateway_clearing", debit_ref=0
    ),
}
COMING_BACK = {
    "the charge still counts it": drop("refunds.charges"),
    "still succeeded": change("refunds.values", {}, state="succeeded"),
    "out of what is on its way": change(
        "records.transfers", {"debit": "gateway_clearing"}, debit="refunding", debit_ref=1
    ),
    "out of nowhere": drop("records.transfers", debit="gateway_clearing"),
}


@pytest.mark.parametrize(
    ("case", "spoil"),
    [
        pytest.param(case, spoil, id=f"{case.__name__}: {name}")
        for case, spoils in (
            (giving, GIVING), (booking, BOOKING), (failing, FAILING), (coming_back, COMING_BACK),
        )
        for name, spoil in spoils.items()
    ],
)  # fmt: skip
def test_a_wrong_row_is_caught(case, spoil):
    it = case()
    check(it.changes, it.before)
    spoil(it.changes)
    with pytest.raises(Broken) as broken:
        check(it.changes, it.before)
    assert 1 in broken.value.reasons

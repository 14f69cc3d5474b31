"""Explain and write-off never disagree, and every remedy is true, for accounts with every ingredient. Rule: R4.8."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from settlement.model.accounts import AccountId, WriteOffHold
from settlement.model.bills import Bill, BillLine
from settlement.model.cycle import Cycle
from settlement.model.funds import Coupon, FundPosition
from settlement.model.gateway.charges import ChargeAttempt, ChargeLine, PaymentMethod
from settlement.model.gateway.collection import CollectionStatus
from settlement.model.money import decimal_text, floor_minor
from settlement.model.payments import PAYMENT_HOLD
from settlement.model.policies.policy import Policy
from settlement.model.reasons import BEYOND_MONEY, BillDates, Outlook, Reason, ReasonCode
from settlement.model.snapshot import ChargePosition, Position, Snapshot
from settlement.model.terms import PaymentTerm
from settlement.model.unified_settlements import UNIFIED_HOLD
from settlement.plans.explain.reasons import outlook
from settlement.rules.calendar import issuance_at
from tests.support.builders import LONG_AGO, POLICY, account, book, card, close, event, refund, snapshot, utc

THOROUGH = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
CYCLES = tuple(map(Cycle, (202608, 202609, 202610, 202611, 202612)))
A1 = AccountId(1)
# In the middle of November; on the 1st, with October and November both accruing; late, with October not closed in time.
INSTANTS = tuple(map(utc, ("2026-11-20 00:00", "2026-11-01 12:00", "2026-11-03 00:00", "2026-12-02 04:00")))
VALIDITY = (
    ("2020-01-01", "2099-01-01"), ("2026-08-01", "2026-11-02"), ("2026-10-31", "2026-11-02"),
    ("2026-11-05", "2026-12-02"), ("2026-11-25", "2027-01-01"), ("2026-08-10", "2026-09-10"),
)  # fmt: skip

cents = st.integers(0, 6_000)
some_cents = st.integers(1, 6_000)
usually = st.sampled_from((True, True, True, True, False))
rarely = st.sampled_from((False,) * 9 + (True,))


@st.composite
def bill_lines(draw: st.DrawFn, cycle: Cycle) -> list[BillLine]:
    kinds = draw(
        st.lists(
            st.tuples(st.sampled_from(("ECS", "OSS")), st.sampled_from(("", "o-1", "o-2")), usually),
            min_size=1, max_size=3, unique=True,
        )
    )  # fmt: skip
    return [
        BillLine(A1, cycle, *kind, draw(st.decimals(-5, 60, places=4, allow_nan=False)), 0)
        for kind in sorted(kinds)
    ]


@st.composite
def bills(draw: st.DrawFn, cycle: Cycle, *, issued: bool) -> tuple[Bill, list[BillLine]]:
    """One bill with its lines; an issued one is paid in part, a bit of that by a card."""
    lines = draw(bill_lines(cycle))
    accrued = sum((line.accrued for line in lines), Decimal(0))
    if not issued:
        carried_in = draw(st.sampled_from((Decimal(0), Decimal(0), Decimal("-3.5"))))
        return Bill(A1, cycle, "accruing", accrued, carried_in, None, 0), lines
    payable = max(0, floor_minor(accrued, "USD"))
    room = max(0, floor_minor(lines[0].accrued, "USD"))
    by_card = draw(st.integers(0, min(room, payable)))
    if draw(st.booleans()):
        by_card = 0
    paid = by_card + draw(st.one_of(st.just(0), st.integers(0, payable - by_card)))
    lines[0] = replace(lines[0], card_paid_minor=by_card)
    state: Any = "settled" if paid == payable else "unsettled"
    return Bill(A1, cycle, state, accrued, Decimal(0), payable, paid, draw(rarely)), lines


@st.composite
def funds(draw: st.DrawFn) -> FundPosition:
    def valid() -> dict[str, datetime]:
        start, end = draw(st.sampled_from(VALIDITY))
        return {"valid_from": utc(start), "valid_until": utc(end)}

    scopes: tuple[dict[str, Any], ...] = (
        {}, {}, {"products": frozenset(("ECS",))}, {"products": frozenset(("OSS", "RDS"))},
        {"orders": frozenset(("o-1",))},
    )  # fmt: skip
    return FundPosition(
        cards=[
            card(70 + number, draw(some_cents), **valid(), **draw(st.sampled_from(scopes)))
            for number in range(draw(st.integers(0, 2)))
        ],
        credit_refunds=[
            refund(80 + number, draw(some_cents), draw(st.sampled_from(CYCLES)))
            for number in range(draw(st.integers(0, 2)))
        ],
        coupons=[
            Coupon(
                90 + number, A1, f"coupon-{number}", draw(st.sampled_from(("amount_off", "single_use"))),
                draw(some_cents), **valid(), granted_at=draw(st.sampled_from((LONG_AGO, utc("2026-11-10")))),
            )
            for number in range(draw(st.integers(0, 2)))
        ],
    )  # fmt: skip


@st.composite
def charges(draw: st.DrawFn, open_bills: list[Bill]) -> ChargePosition:
    """A default method, and perhaps a charge under way over some bills, or money collected for one that accrues."""
    kind: Any = draw(st.sampled_from(("bank_card", "bank_card", "paypal", "bank_transfer")))
    threshold = 5000 if kind == "paypal" else None
    gateway = draw(st.sampled_from(("sandbox", "stripe")))
    method = PaymentMethod(5, A1, "m", kind, gateway, "cus", "pm", threshold, True, "verified")
    declining = utc("2026-11-01 00:00") if draw(rarely) else None
    parts = ChargePosition(CollectionStatus(A1, last_attempt_no=1, declining_since=declining), [method])
    for no, state in enumerate(
        draw(st.sampled_from(((), ("sent",), ("unknown",), ("requires_action",), ("succeeded",)))), start=1
    ):
        wanted = [bill for bill in open_bills if state != "succeeded" or bill.payable_minor is None]
        if not wanted:
            continue
        attempt = ChargeAttempt(
            A1, no, f"ref-{no}", "threshold", wanted[-1].cycle, 5, "sandbox", "cus", "pm", 1, state,  # type: ignore[arg-type]
            LONG_AGO, LONG_AGO, 0, None,
        )  # fmt: skip
        parts.attempts.append(attempt)
        for bill in wanted:
            most = bill.outstanding_minor or 6_000
            amount = draw(st.one_of(st.just(most), st.integers(1, most)))
            held = amount if state == "succeeded" else 0
            parts.lines.append(ChargeLine(A1, no, bill.cycle, amount, held))
    return parts


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """An account with bills of several months and every ingredient there is."""
    newest = draw(st.sampled_from((202610, 202611, 202612)))
    issued_until = draw(st.sampled_from((202609, 202610, 202611)))
    found = [
        draw(bills(cycle, issued=cycle <= issued_until)) for cycle in CYCLES if cycle <= newest and draw(usually)
    ]  # fmt: skip
    open_bills = [bill for bill, _ in found if bill.state != "settled"]
    credit_control = draw(st.booleans())
    owner = account(
        cash_minor=draw(cents), frozen_minor=draw(st.sampled_from((0, 0, 700, 3000))),
        credit_limit_minor=draw(st.sampled_from((0, 0, 4000, 100_000))), credit_control=credit_control,
        auto_write_off_enabled=draw(usually), write_off_past_bills=draw(st.booleans()),
        parked_at=LONG_AGO if draw(rarely) else None,
    )  # fmt: skip
    kinds = (("dispute", ""), (UNIFIED_HOLD, "7"), (PAYMENT_HOLD, "8"))
    holds = [WriteOffHold(A1, *hold) for hold in kinds if draw(rarely)]
    if holds and holds[-1].reason == PAYMENT_HOLD:
        # A manual payment under way has set cash aside, and its part of a bill waits for a gateway.
        owner = owner._replace(held_minor=draw(st.integers(0, owner.cash_minor)))
        open_bills = [
            bill._replace(reserved_minor=draw(st.integers(0, bill.outstanding_minor))) for bill in open_bills
        ]
    term = PaymentTerm(
        1, A1, Cycle(202601), None, draw(st.sampled_from(("monthly", "quarterly"))), 10, "business", "CN",
        frozenset(),
    )  # fmt: skip
    is_collected: bool = bool(open_bills) and draw(st.booleans())
    return Position(
        owner,
        bills=open_bills,
        lines=[line for bill, lines in found if bill.state != "settled" for line in lines],
        holds=holds,
        terms=[term] if draw(usually) else [],
        funds=draw(funds()),
        charges=draw(charges(open_bills)) if is_collected else None,
    )


def asked(before: Snapshot, cycle: Cycle, at: datetime, policy: Policy) -> Outlook:
    bill = next(it for it in before.positions[A1].bills if it.cycle == cycle)
    dates = None if bill.payable_minor is None else BillDates(issuance_at(cycle, policy))
    return outlook(before, A1, cycle, at=at, policy=policy, dates=dates)


def named(reason: Reason) -> tuple[Any, ...]:
    """A reason with what tells it from others of its kind."""
    return reason.code, *(reason.figures.get(name) for name in ("hold", "ref", "card", "refund", "coupon"))


def paid(before: Snapshot, after: Snapshot, cycle: Cycle) -> tuple[int, bool]:
    """What was paid of a bill in between, and whether it is settled."""
    was, now = (
        next((bill for bill in it.positions[A1].bills if bill.cycle == cycle), None) for it in (before, after)
    )
    assert was is not None
    assert now is not None
    return now.paid_minor - was.paid_minor, now.state == "settled"


def issued_ones(before: Snapshot) -> list[Cycle]:
    return [bill.cycle for bill in before.positions[A1].bills if bill.payable_minor is not None]


def sent(before: Snapshot, at: datetime, policy: Policy, kind: str, data: Any) -> Snapshot:
    """The set after an event, accepted unless the account is parked."""
    changes, after = book(before, event(kind, **data), at=at, policy=policy)
    parked = before.positions[A1].account.parked_at is not None
    assert [outcome.state for outcome in changes.outcomes] == ["parked" if parked else "done"]
    return after


asking = given(position=positions(), at=st.sampled_from(INSTANTS), partial=usually)


# ------------------------------------------------------------------------------------------------ what is said is done
@THOROUGH
@asking
def test_no_reason_means_that_the_next_write_off_settles_it_and_what_it_pays_is_told(position, at, partial):
    before, policy = snapshot(position), replace(POLICY, partial_write_off=partial)
    told = {cycle: asked(before, cycle, at, policy) for cycle in issued_ones(before)}
    after = sent(before, at, policy, "account_changed", {})
    for cycle, said in told.items():
        assert paid(before, after, cycle) == (said.would_pay_minor, said.would_settle)
        assert said.would_settle == (not said.reasons), said.reasons


@THOROUGH
@asking
def test_of_a_bill_not_issued_the_month_closes_do_what_was_told(position, at, partial):
    before, policy = snapshot(position), replace(POLICY, partial_write_off=partial)
    if position.account.parked_at is not None:
        return
    told = {
        bill.cycle: asked(before, bill.cycle, at, policy) for bill in position.bills if bill.payable_minor is None
    }  # fmt: skip
    closed = before
    for cycle, said in told.items():
        changes, closed = close(closed, cycle, at=issuance_at(cycle, policy), policy=policy)
        by_source = {
            source: sum(
                row.amount_minor
                for row in changes.records.repayment_lines
                if row.cycle == cycle
                and (source == row.source or (source == "own" and row.source not in by_issue))
            )
            for by_issue in [("coupon", "external")]
            for source in ("coupon", "external", "own")
        }
        assert by_source == {
            "coupon": said.coupons_minor, "external": said.collected_minor, "own": said.would_pay_minor,
        }  # fmt: skip
        only_time = [reason.code for reason in said.reasons] == [ReasonCode.NOT_ISSUED]
        bill = next(bill for bill in closed.positions[A1].bills if bill.cycle == cycle)
        assert (bill.state == "settled") == only_time, said.reasons
        assert not said.would_settle
        assert said.at == issuance_at(cycle, policy)


# ------------------------------------------------------------------------------------------------ top-ups
@THOROUGH
@asking
def test_the_top_up_named_settles_the_bill_and_one_unit_less_does_not(position, at, partial):
    before, policy = snapshot(position), replace(POLICY, partial_write_off=partial)
    for cycle in issued_ones(before):
        said = asked(before, cycle, at, policy)
        only_money = said.reasons and not {reason.code for reason in said.reasons} & BEYOND_MONEY
        assert (said.top_up_minor is not None) == bool(only_money)
        if said.top_up_minor is None:
            continue
        assert f"a top-up of {decimal_text(said.top_up_minor, 'USD')} USD settles it" in " ".join(
            reason.remedy for reason in said.reasons
        )
        for amount, settles in ((said.top_up_minor, True), (said.top_up_minor - 1, False)):
            if amount:
                data = {"amount": decimal_text(amount, "USD"), "currency": "USD"}
                assert paid(before, sent(before, at, policy, "top_up", data), cycle)[1] == settles, amount


# ------------------------------------------------------------------------------------------------ remedies
@THOROUGH
@asking
def test_every_event_named_as_a_remedy_takes_its_reason_away(position, at, partial):
    before, policy = snapshot(position), replace(POLICY, partial_write_off=partial)
    if position.account.parked_at is not None:
        return
    for bill in position.bills:
        for reason in asked(before, bill.cycle, at, policy).reasons:
            for remedy in reason.events:
                after = sent(before, at, policy, *remedy)
                now = next(it for it in after.positions[A1].bills if it.cycle == bill.cycle)
                left = () if now.state == "settled" else asked(after, bill.cycle, at, policy).reasons
                # The gate that it opened may have shut behind what it let out.
                spent = reason.code is ReasonCode.NO_AVAILABLE_CREDIT and _something_paid(before, after)
                assert spent or named(reason) not in map(named, left), remedy


def _something_paid(before: Snapshot, after: Snapshot) -> bool:
    return any(paid(before, after, bill.cycle)[0] for bill in before.positions[A1].bills)


# ------------------------------------------------------------------------------------------------ the examples
# What is too little to charge has a test of its own (tests/scenarios/collection/test_chargeable.py).
@pytest.mark.parametrize("code", [code for code in ReasonCode if code is not ReasonCode.BELOW_MINIMUM])
def test_the_examples_know_every_reason(code):
    def has(position: Position) -> bool:
        before = snapshot(position)
        policy = replace(POLICY, partial_write_off=code is not ReasonCode.PARTIAL_NOT_ALLOWED)
        return any(
            code in [reason.code for reason in asked(before, bill.cycle, INSTANTS[0], policy).reasons]
            for bill in position.bills
        )

    find(positions(), has, settings=settings(max_examples=5_000, deadline=None, phases=(Phase.generate,)))

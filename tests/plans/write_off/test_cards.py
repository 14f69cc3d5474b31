"""What stored value cards pay of a bill together, on what that is counted, and when they lapse. Rule: R4.5, R4.6."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import (
    A1,
    NOV,
    OCT,
    OCT_ISSUED,
    account,
    accruing,
    book,
    card,
    close,
    event,
    issued,
    line,
    position,
    snapshot,
    utc,
)
from tests.support.drawn.fuzzing import examples

OCT_ENDS = utc("2026-10-31 16:00")


def by_cards(lines, cards, payable=None):
    """What each card pays of October's bill, by id; the rest finds nothing."""
    total = sum((item.accrued for item in lines), Decimal(0))
    if payable is None:
        payable = max(0, int((total * 100).to_integral_value(ROUND_FLOOR)))
    before = snapshot(
        position(account(credit_limit_minor=1), bills=[issued(OCT, payable)], lines=lines, cards=cards)
    )
    changes, after = book(before, event("account_changed", auto_write_off=True))
    paid = {row.source_id: row.amount_minor for row in changes.records.repayment_lines}
    return paid, after


def products(*names):
    return frozenset(names)


def test_a_card_that_fits_everything_pays_the_whole_bill_to_the_last_unit():
    lines = [line(accrued="1.005"), line(accrued="1.005", product="OSS")]
    paid, after = by_cards(lines, [card(balance=5000)])
    assert paid == {70: 201}
    assert after.positions[A1].bills[0].state == "settled"
    assert sorted(item.card_paid_minor for item in after.positions[A1].lines) == [100, 101]


def test_ten_orders_of_less_than_a_unit_more_are_paid_together():
    lines = [line(accrued="0.019", order_id=f"o{number}") for number in range(10)]
    assert by_cards(lines, [card(balance=5000)])[0] == {70: 19}


@pytest.mark.parametrize("order", ["", "o1"])
def test_credits_count_in_what_a_card_may_pay(order):
    lines = [line(accrued="10" if order else "0"), line(accrued="10", product="OSS")]
    if order:
        lines.insert(1, line(accrued="-10", order_id=order))
    assert by_cards(lines, [card(balance=5000, products=products("ECS"))])[0] == {}
    assert by_cards(lines, [card(balance=5000, products=products("OSS"))])[0] == {70: 1000}
    assert by_cards(lines, [card(balance=5000)])[0] == {70: 1000}


def test_a_card_leaves_to_another_what_only_that_one_fits():
    lines = [line(accrued="10"), line(accrued="10", product="OSS")]
    everything = card(71, 800, valid_until=utc("2027-01-01 00:00"))
    assert by_cards(lines, [everything, card(72, 5000, products=products("ECS"))])[0] == {71: 800, 72: 1000}


def test_units_that_lines_come_to_only_together_are_paid_once():
    # The first card pays 2.0 for lines of 1.5 and 0.5, counted on the one; the second fits 0.5 + 0.6.
    lines = [
        line(accrued="0.015", product="a"), line(accrued="0.005", product="b"),
        line(accrued="0.006", product="c"), line(accrued="0.10", product="d"),
    ]  # fmt: skip
    first = card(71, 5000, products=products("a", "b"), valid_until=utc("2027-01-01 00:00"))
    assert by_cards(lines, [first, card(72, 5000, products=products("b", "c"))])[0] == {71: 2}


LETTERS = ("a", "b", "c", "d")
AMOUNTS = st.integers(1, 40).map(lambda tenths: Decimal(tenths) / 1000)


@examples(300)
@given(
    amounts=st.lists(AMOUNTS, min_size=4, max_size=4),
    cards=st.lists(
        st.tuples(st.sets(st.sampled_from(LETTERS), min_size=1), st.integers(1, 12)), min_size=1, max_size=4
    ),
    more=st.sampled_from((0, 100)),
)
def test_no_set_of_cards_pays_more_than_their_lines_come_to_together(amounts, cards, more):
    lines = [line(accrued=str(amount), product=name) for name, amount in zip(LETTERS, amounts, strict=True)]
    if more:
        lines.append(line(accrued="1.00", product="for no card"))
    held = [
        card(70 + number, balance, products=frozenset(scope), valid_until=utc(f"{2030 + number}-01-01 00:00"))
        for number, (scope, balance) in enumerate(cards)
    ]
    paid, _ = by_cards(lines, held)
    for size in range(1, len(held) + 1):
        for some in combinations(held, size):
            union = frozenset[str]().union(*(one.products or () for one in some))
            worth = sum((a for name, a in zip(LETTERS, amounts, strict=True) if name in union), Decimal(0))
            assert sum(paid.get(one.id, 0) for one in some) <= worth * 100


@examples(300)
@given(
    amounts=st.lists(
        st.integers(-400, 400).map(lambda tenths: Decimal(tenths) / 10_000), min_size=1, max_size=8
    ),
    balance=st.integers(1, 500),
)
def test_a_card_for_everything_pays_all_it_can_whatever_the_lines_are(amounts, balance):
    lines = [line(accrued=str(amount), product=f"p{number}") for number, amount in enumerate(amounts)]
    payable = max(0, int((sum(amounts, Decimal(0)) * 100).to_integral_value(ROUND_FLOOR)))
    assert sum(by_cards(lines, [card(balance=balance)])[0].values()) == min(balance, payable)


# ----------------------------------------------------------------------------------------------- until when
def closed(valid_until, *, bills=None, cycle=OCT, at=OCT_ISSUED, **more):
    """What the close makes of a card of 15.00: paid of the bill, left on the card, booked off."""
    bills = bills or [accruing(OCT, "10")]
    before = snapshot(
        position(
            account(credit_limit_minor=100_000), bills=bills,
            lines=[line(bill.cycle, str(bill.accrued)) for bill in bills],
            cards=[card(balance=1500, valid_until=valid_until)], **more,
        )
    )  # fmt: skip
    changes, after = close(before, cycle, at=at)
    cards = after.positions[A1].funds.cards
    lapsed = sum(row.amount_minor for row in changes.records.transfers if row.credit == "expired")
    return after.positions[A1].bills[0].paid_minor, sum(item.balance_minor for item in cards), lapsed


@pytest.mark.parametrize("valid_until", [OCT_ENDS, OCT_ENDS - timedelta(days=20)])
def test_a_card_of_one_month_pays_the_bill_of_that_month_and_lapses_with_it(valid_until):
    assert closed(valid_until) == (1000, 0, 500)


def test_a_card_that_overlaps_the_next_month_is_kept_for_its_bill():
    assert closed(OCT_ENDS + timedelta(seconds=1)) == (1000, 500, 0)


def test_a_card_that_only_overlaps_the_month_before_is_gone():
    assert closed(utc("2026-09-30 16:00")) == (0, 0, 1500)


def test_with_the_gate_shut_a_card_lapses_with_its_last_bill_all_the_same():
    assert closed(OCT_ENDS, holds=["manual"]) == (0, 0, 1500)


def test_a_card_past_its_end_pays_older_bills_until_its_last_bill_is_issued():
    before = snapshot(
        position(
            account(credit_limit_minor=100_000), bills=[issued(OCT, 1000), accruing(NOV, "5")],
            lines=[line(OCT, "10"), line(NOV, "5")],
            cards=[card(balance=1500, valid_until=utc("2026-11-10 00:00"))],
        )
    )  # fmt: skip
    changes, after = book(before, event("account_changed", auto_write_off=True), at=utc("2026-11-20 00:00"))
    assert [row.amount_minor for row in changes.records.repayment_lines] == [1000]
    # And nothing afterwards, however long its remainder waits to be booked off.
    late = replace(after.positions[A1], bills=[issued(OCT, 1000), issued(NOV, 500)])
    changes, _ = book(
        snapshot(late), event("account_changed", auto_write_off=True), at=utc("2026-12-05 00:00")
    )
    assert changes.records.repayment_lines == []

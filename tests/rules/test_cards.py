"""Which card may pay which line of a bill, clause by clause, and which card goes first. Rule: R4.5, R4.6."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from settlement.model.cycle import Cycle
from settlement.rules.calendar import issuance_at
from settlement.rules.cards import (
    CardClause,
    CardLine,
    card_refused_by,
    counted,
    lapses_by,
    scope_left,
    spending_order,
)
from tests.support.builders import FAR, LONG_AGO, NOV, OCT, OCT_ISSUED, POLICY, card, line, utc

OCT_BEGINS, OCT_ENDS = utc("2026-09-30 16:00"), utc("2026-10-31 16:00")
SECOND = timedelta(seconds=1)
ZONE = POLICY.zone
SEP = Cycle(202609)
NEW_YORK = ZoneInfo("America/New_York")


def refused(a_card, a_line, at=OCT_ISSUED):
    return card_refused_by(a_card, a_line, at, ZONE, lapsed=lapses_by(a_card, at, POLICY))


def test_a_card_for_everything_pays_everything():
    assert refused(card(), line()) is None


@pytest.mark.parametrize(
    ("valid_from", "clause"),
    [
        (OCT_ISSUED, CardClause.NOT_VALID_IN_MONTH),  # valid now, but only after the month
        (OCT_ISSUED + SECOND, CardClause.NOT_VALID_NOW),
        (OCT_ENDS - SECOND, None),
    ],
)
def test_a_card_pays_nothing_before_its_validity_begins(valid_from, clause):
    assert refused(card(valid_from=valid_from), line()) == clause


@pytest.mark.parametrize(
    ("valid_until", "lapses_at"),
    [
        (OCT_ENDS, OCT_ISSUED),  # its last month is October, whose bill is issued on 2 November
        (OCT_BEGINS + SECOND, OCT_ISSUED),
        (OCT_BEGINS, issuance_at(SEP, POLICY)),
        (OCT_ISSUED, issuance_at(NOV, POLICY)),
    ],
)
def test_a_card_lapses_with_the_bill_of_the_last_month_that_it_overlaps(valid_until, lapses_at):
    a_card = card(valid_until=valid_until)
    assert not lapses_by(a_card, lapses_at - SECOND, POLICY)
    assert lapses_by(a_card, lapses_at, POLICY)
    assert refused(a_card, line(), lapses_at) == CardClause.NOT_VALID_NOW


def test_a_card_lapses_at_its_end_where_the_last_bill_is_issued_before():
    early = replace(POLICY, issue_day=1, issue_time=time(0))
    a_card = card(valid_until=OCT_ENDS)
    assert not lapses_by(a_card, OCT_ENDS - SECOND, early)
    assert lapses_by(a_card, OCT_ENDS, early)


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "at", "clause"),
    [
        (OCT_ENDS - SECOND, FAR, OCT_ISSUED, None),
        (OCT_ENDS, FAR, OCT_ISSUED, CardClause.NOT_VALID_IN_MONTH),
        (LONG_AGO, OCT_BEGINS + SECOND, OCT_BEGINS, None),
        (LONG_AGO, OCT_BEGINS, OCT_BEGINS - SECOND, CardClause.NOT_VALID_IN_MONTH),
    ],
)
def test_a_card_is_valid_some_time_in_the_bills_month(valid_from, valid_until, at, clause):
    assert refused(card(valid_from=valid_from, valid_until=valid_until), line(OCT), at) == clause


def test_the_month_is_the_billing_zones():
    late_starter = card(valid_from=utc("2026-10-31 20:00"))
    assert refused(late_starter, line(OCT)) == CardClause.NOT_VALID_IN_MONTH
    assert card_refused_by(late_starter, line(OCT), OCT_ISSUED, NEW_YORK, lapsed=False) is None


@pytest.mark.parametrize(
    ("products", "product", "clause"),
    [
        (None, "ECS", None),
        (frozenset({"ECS", "OSS"}), "OSS", None),
        (frozenset({"ECS"}), "OSS", CardClause.OUT_OF_SCOPE),
        (frozenset({"ECS"}), "ecs", CardClause.OUT_OF_SCOPE),
    ],
)
def test_a_card_pays_products_in_its_scope(products, product, clause):
    assert refused(card(products=products), line(product=product)) == clause


def test_a_card_pays_no_charge_that_spans_months():
    assert refused(card(), line(single_month=False)) == CardClause.SPANS_MONTHS


@pytest.mark.parametrize(
    ("orders", "order_id", "clause"),
    [
        (None, "o-1", None),
        (None, "", None),
        (frozenset({"o-1"}), "o-1", None),
        (frozenset({"o-1"}), "o-2", CardClause.NOT_NAMED_FOR_ORDER),
        (frozenset({"o-1"}), "", CardClause.NOT_NAMED_FOR_ORDER),
    ],
)
def test_a_card_bound_to_orders_was_named_for_this_one(orders, order_id, clause):
    assert refused(card(orders=orders), line(order_id=order_id)) == clause


def test_the_card_that_expires_first_goes_first_then_the_older_then_the_lower_id():
    soon, later = utc("2027-01-01 00:00"), utc("2028-01-01 00:00")
    old, new = utc("2026-01-01 00:00"), utc("2026-02-01 00:00")
    cards = [
        card(4, valid_until=later, granted_at=old),
        card(3, valid_until=soon, granted_at=new),
        card(2, valid_until=soon, granted_at=old),
        card(1, valid_until=soon, granted_at=new),
    ]
    assert [item.id for item in sorted(cards, key=spending_order)] == [2, 1, 3, 4]


def lines(*amounts, paid=None):
    return [
        CardLine(Decimal(amount), so_far)
        for amount, so_far in zip(amounts, paid or [0] * len(amounts), strict=True)
    ]


@pytest.mark.parametrize(
    ("fits", "others", "left"),
    [
        (lines("100.5", "100.5"), [], 201),  # rounded down once, together
        (lines(*["1.9"] * 10), [], 19),
        (lines("1000", "-1000"), [], 0),  # credits count
        (lines("1000", "-1000.5"), [], 0),
        (lines("1000", "500", paid=[300, 0]), [], 1200),
        (lines("100.5", "100.5", paid=[101, 0]), [], 100),
        # A unit counted on a line outside that comes to less than it may stand for a part of these.
        (lines("0.5", "0.6"), lines("1.5", paid=[2]), 0),
        (lines("0.5", "0.6"), lines("1.5", paid=[1]), 1),
        (lines("0.5", "0.6"), lines("-5"), 1),
    ],
)
def test_a_card_may_pay_what_its_lines_come_to_together_less_what_cards_paid_of_them(fits, others, left):
    assert scope_left(fits, others) == left


@pytest.mark.parametrize(
    ("amount", "fits", "parts"),
    [
        (150, lines("100.5", "100.5"), [100, 50]),
        (200, lines("100.5", "100.5"), [100, 100]),
        (201, lines("100.5", "100.5"), [101, 100]),
        (500, lines("1000", "-200", paid=[100, 0]), [500, 0]),
        (0, lines("5"), [0]),
    ],
)
def test_a_payment_is_counted_in_whole_units_of_each_line_first(amount, fits, parts):
    assert counted(amount, fits) == parts


def test_more_than_the_lines_come_to_is_never_counted():
    with pytest.raises(ValueError, match="more than the lines come to"):
        counted(3, lines("1.5"))

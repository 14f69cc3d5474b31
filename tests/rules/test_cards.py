"""Which card may pay which line of a bill, clause by clause, and which card goes first. Rule: R4.5, R4.6."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from settlement.rules.cards import CardClause, card_refused_by, spending_order
from tests.support.builders import FAR, LONG_AGO, OCT, OCT_ISSUED, POLICY, card, line, utc

OCT_BEGINS, OCT_ENDS = utc("2026-09-30 16:00"), utc("2026-10-31 16:00")
SECOND = timedelta(seconds=1)
ZONE = POLICY.zone


def refused(a_card, a_line, at=OCT_ISSUED):
    return card_refused_by(a_card, a_line, at, ZONE)


def test_a_card_for_everything_pays_everything():
    assert refused(card(), line()) is None


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "clause"),
    [
        (OCT_ISSUED, FAR, CardClause.NOT_VALID_IN_MONTH),  # valid now, but only after the month
        (OCT_ISSUED + SECOND, FAR, CardClause.NOT_VALID_NOW),
        (LONG_AGO, OCT_ISSUED, CardClause.NOT_VALID_NOW),  # the end is not part of it
        (LONG_AGO, OCT_ISSUED + SECOND, None),
        (LONG_AGO, OCT_ISSUED - SECOND, CardClause.NOT_VALID_NOW),
    ],
)
def test_a_card_is_valid_at_the_moment_of_the_write_off(valid_from, valid_until, clause):
    assert refused(card(valid_from=valid_from, valid_until=valid_until), line()) == clause


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
    assert card_refused_by(late_starter, line(OCT), OCT_ISSUED, ZoneInfo("America/New_York")) is None


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

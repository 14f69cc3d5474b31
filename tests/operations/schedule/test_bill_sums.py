"""Sums over all bills are exact as of one instant, which is shown where it is not the present. Rule: R14.4c."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import text

from settlement.model.cycle import Cycle
from settlement.operations.schedule.bill_sums import count_bills
from settlement.queries.overview import AgeSum, BillSums, MonthSum, SourceSum, bill_sums
from settlement.storage.work.operating import bill_sums as counting

SEP, OCT, NOV = Cycle(202609), Cycle(202610), Cycle(202611)


def a_month(world):
    """One bill paid by card and cash, one in part, one due, one of the next month; in two currencies."""
    world.open("paid", "short", "late")
    world.open("euro", currency="EUR")
    world.send("account_changed", "late", credit_control=True)
    world.send("payment_term_agreed", "late", from_cycle="2026-10", period_days=10)
    world.send(
        "card_activated", "paid", card="gift", amount="20.00", currency="USD",
        valid_from="2026-10-01T00:00:00Z", valid_until="2027-10-01T00:00:00Z",
    )  # fmt: skip
    for account, amount in (("paid", "64.10"), ("short", "120.50"), ("late", "310")):
        world.fee(account, amount)
    fee = {
        "id": "f",
        "amount": "7",
        "currency": "EUR",
        "product": "ECS",
        "incurred_at": "2026-11-01T02:00:00Z",
    }
    world.send("fees", "euro", fees=[fee])
    world.top_up("paid", "100")
    world.top_up("short", "20")
    world.at("2026-11-02 04:30").tick()


def read(world) -> BillSums:
    with world.store.transaction() as tx:
        return bill_sums(tx)


def as_if_it_took(world, seconds):
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE bill_sums SET took_s = :seconds"), {"seconds": seconds})


def test_sums_are_those_of_the_bills(world):
    a_month(world)
    sums = read(world)
    assert sums.months(SEP, OCT) == [
        MonthSum(OCT, "USD", "unsettled", 2, 12050 + 31000, 2000),
        MonthSum(OCT, "USD", "settled", 1, 6410, 6410),
    ]
    assert sums.months(NOV, NOV) == [MonthSum(NOV, "EUR", "accruing", 1, 0, 0)]
    assert sums.sources(OCT) == [
        SourceSum(OCT, "USD", "cash", 4410 + 2000),
        SourceSum(OCT, "USD", "card", 2000),
    ]
    assert sums.counted_at is None


def test_what_is_unsettled_grows_older_day_by_day(world):
    a_month(world)
    sums = read(world)
    without = AgeSum("USD", "no due date", 1, 10050)
    # Due on 12 November.
    ages = {
        "2026-11-12": "not due yet", "2026-11-13": "1 to 30 days", "2026-12-12": "1 to 30 days",
        "2026-12-13": "31 to 60 days", "2027-01-11": "31 to 60 days", "2027-01-12": "61 to 90 days",
        "2027-02-10": "61 to 90 days", "2027-02-11": "over 90 days",
    }  # fmt: skip
    for day, age in ages.items():
        found = sums.unsettled_by_age(date.fromisoformat(day))
        assert found == [without, AgeSum("USD", age, 1, 31000)], day


def test_where_counting_takes_long_the_sums_are_those_counted_last_with_their_instant(world):
    a_month(world)
    before = datetime.now(UTC)
    assert count_bills(world.store) is not None
    counted = read(world)
    world.top_up("short", "100.50")
    # Quick to count: the present.
    assert read(world).unsettled_by_age(date(2026, 11, 3)) == [AgeSum("USD", "not due yet", 1, 31000)]
    as_if_it_took(world, 3)
    kept = read(world)
    assert kept[1:] == counted[1:]
    assert kept.counted_at is not None
    assert before <= kept.counted_at <= datetime.now(UTC)


def test_they_are_not_counted_again_before_twenty_times_as_long(world):
    assert count_bills(world.store) is not None
    as_if_it_took(world, 3)
    assert count_bills(world.store) is None
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE bill_sums SET counted_at = counted_at - interval '60 seconds'"))
    assert count_bills(world.store) is not None
    # It took as long as it took now.
    assert read(world).counted_at is None


def test_one_counts_at_a_time_and_for_longer_than_a_statement_may(world):
    a_month(world)
    with world.store.transaction() as tx:
        tx.execute(text("DELETE FROM bill_sums"))
    with world.store.transaction() as tx:
        assert counting.is_due(tx, times=20.0)
        assert count_bills(world.store) is None, "somebody else counts"
        tx.execute(text("SET LOCAL statement_timeout = '10ms'"))
        counting.count(tx)
        tx.execute(text("SELECT pg_sleep(0.02)"))
    assert read(world).sources(OCT) != []

"""The source on when to repay on credit control: due dates by contract, in many calendars. Rule: R1.4, R6.1, R6.2."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from tests.support.builders import utc
from tests.support.story import at_local, bill_in, contract, due, fee_on, reasons, state
from tests.support.world import World

CN, BUSINESS = {"country": "CN", "day_kind": "business"}, {"day_kind": "business"}


pytestmark = pytest.mark.usefixtures("audited")


class Case(NamedTuple):
    """A bill in a zone, its term, the day on which it is due, and the instant (UTC) at which that day has ended."""

    zone: str
    cycle: str
    term: dict[str, Any]
    due_on: date
    ends: str


CASES = {
    "calendar days": Case("Asia/Shanghai", "2026-10", {}, date(2026, 11, 12), "2026-11-12 16:00"),
    "into the next year": Case(
        "Asia/Shanghai", "2026-11", {"period_days": 30}, date(2027, 1, 1), "2027-01-01 16:00"
    ),
    "on a leap day": Case(
        "Asia/Shanghai", "2028-01", {"period_days": 27}, date(2028, 2, 29), "2028-02-29 16:00"
    ),
    "over a leap day": Case(
        "Europe/Berlin", "2028-01", {"period_days": 28}, date(2028, 3, 1), "2028-03-01 23:00"
    ),
    "over the end of February in other years": Case(
        "Asia/Shanghai", "2027-01", {"period_days": 27}, date(2027, 3, 1), "2027-03-01 16:00"
    ),
    "the day before clocks go forward in New York": Case(
        "America/New_York", "2027-02", {"period_days": 11}, date(2027, 3, 13), "2027-03-14 05:00"
    ),
    "the day of 23 hours in New York": Case(
        "America/New_York", "2027-02", {"period_days": 12}, date(2027, 3, 14), "2027-03-15 04:00"
    ),
    "the day of 25 hours in New York": Case(
        "America/New_York", "2027-09", {"period_days": 36}, date(2027, 11, 7), "2027-11-08 05:00"
    ),
    "the day of 23 hours in Berlin": Case(
        "Europe/Berlin", "2027-02", {"period_days": 26}, date(2027, 3, 28), "2027-03-28 22:00"
    ),
    "the day of 25 hours in Berlin": Case(
        "Europe/Berlin", "2027-09", {"period_days": 29}, date(2027, 10, 31), "2027-10-31 23:00"
    ),
    "before a midnight that does not exist in Cairo": Case(
        "Africa/Cairo", "2027-03", {"period_days": 27}, date(2027, 4, 29), "2027-04-29 22:00"
    ),
    "before a midnight that does not exist in Beirut": Case(
        "Asia/Beirut", "2027-02", {"period_days": 25}, date(2027, 3, 27), "2027-03-27 22:00"
    ),
    "before a midnight that did not exist in Sao Paulo": Case(
        "America/Sao_Paulo", "2018-10", {"period_days": 1}, date(2018, 11, 3), "2018-11-04 03:00"
    ),
    "business days": Case(
        "Europe/Berlin", "2027-01", BUSINESS | {"country": "DE", "period_days": 5}, date(2027, 2, 9),
        "2027-02-09 23:00",
    ),
    "business days over Easter": Case(
        "Europe/Berlin", "2027-02", BUSINESS | {"country": "DE", "period_days": 18}, date(2027, 3, 30),
        "2027-03-30 22:00",
    ),
    "business days over Thanksgiving": Case(
        "America/New_York", "2026-10", BUSINESS | {"country": "US", "period_days": 17}, date(2026, 11, 27),
        "2026-11-28 05:00",
    ),
    "a Sunday worked in China before the Golden Week": Case(
        "Asia/Shanghai", "2026-08", CN | {"period_days": 13}, date(2026, 9, 20), "2026-09-20 16:00"
    ),
    "a Saturday worked in China after it": Case(
        "Asia/Shanghai", "2026-09", CN | {"period_days": 3}, date(2026, 10, 10), "2026-10-10 16:00"
    ),
    "no days, issued on a holiday": Case(
        "Asia/Shanghai", "2026-09", CN | {"period_days": 0}, date(2026, 10, 8), "2026-10-08 16:00"
    ),
    "closing days of the contract": Case(
        "Asia/Shanghai", "2026-10", CN | {"period_days": 3, "closing_days": ["2026-11-04", "2026-11-05"]},
        date(2026, 11, 9), "2026-11-09 16:00",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_bill_is_due_at_the_end_of_its_local_day_and_overdue_from_then_on(world: World, case: Case) -> None:
    month = case.cycle
    bill_in(world, case.zone, f"{month}-05 09:00")
    contract(world, "a", **case.term)
    fee_on(world, "a", "50", f"{month}-10 12:00")
    world.at(case.ends)
    world.now -= timedelta(seconds=1)
    world.tick()
    assert due(world, "a", month) == case.due_on
    assert state(world, "a", month) == ("unsettled", 5000, 0)
    assert "bill.overdue" not in world.announced()
    world.at(case.ends).tick()
    assert world.announced("bill.overdue")[0] == "bill.overdue"
    assert world.rows("SELECT overdue_at FROM bill WHERE overdue_at IS NOT NULL") == [(utc(case.ends),)]
    assert reasons(world, "a", month) == ["credit_control", "no_funds"]


def test_paid_in_the_last_second_of_its_day_it_is_not_overdue(world: World) -> None:
    bill_in(world, "America/New_York", "2027-02-05 09:00")
    contract(world, "a", period_days=12)
    fee_on(world, "a", "50", "2027-02-10 12:00")
    at_local(world, "2027-03-02 12:00").tick()
    at_local(world, "2027-03-14 23:59:59").top_up("a", "50.00")
    at_local(world, "2027-03-15 00:00").tick()
    assert state(world, "a", "2027-02") == ("settled", 5000, 5000)
    assert "bill.overdue" not in world.announced()


def test_the_bills_of_a_quarter_are_due_when_its_last_one_is_also_in_a_leap_year(world: World) -> None:
    bill_in(world, "Europe/Berlin", "2028-01-05 09:00")
    contract(world, "a", settlement_cycle="quarterly", period_days=15)
    for month in ("2028-01", "2028-02", "2028-03"):
        at_local(world, f"{month}-10 12:00")
        fee_on(world, "a", "50", f"{month}-10 12:00")
    at_local(world, "2028-04-02 12:00").tick()
    assert [due(world, "a", month) for month in ("2028-01", "2028-02", "2028-03")] == [date(2028, 4, 17)] * 3
    at_local(world, "2028-04-17 23:59").tick()
    assert "bill.overdue" not in world.announced()
    at_local(world, "2028-04-18 00:00").tick()
    assert world.announced("bill.overdue").count("bill.overdue") == 3


def test_a_contract_from_monthly_to_quarterly_changes_bills_of_its_own_months_only(world: World) -> None:
    bill_in(world, "Asia/Shanghai", "2026-11-05 09:00")
    contract(world, "a", until_cycle="2026-12")
    assert not world.send(
        "payment_term_agreed", "a", from_cycle="2027-01", settlement_cycle="quarterly", period_days=10
    ).refused
    for month in ("2026-11", "2026-12", "2027-01"):
        at_local(world, f"{month}-10 12:00")
        fee_on(world, "a", "50", f"{month}-10 12:00")
    at_local(world, "2027-02-02 12:00").tick()
    assert [due(world, "a", month) for month in ("2026-11", "2026-12", "2027-01")] == [
        date(2026, 12, 12), date(2027, 1, 12), date(2027, 4, 12),
    ]  # fmt: skip


def test_without_credit_control_there_is_no_fixed_date(world: World) -> None:
    bill_in(world, "Asia/Shanghai", "2026-10-05 09:00")
    world.open("a")
    fee_on(world, "a", "50", "2026-10-10 12:00")
    at_local(world, "2027-02-02 12:00").tick()
    assert due(world, "a", "2026-10") is None
    assert world.announced("bill.") == ["bill.issued"]

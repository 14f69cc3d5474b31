"""What a contract's bills come to when something fails: a calendar, a parked account, a month close that is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from settlement.errors import Refused
from settlement.model.policies.credit import CreditPolicy
from settlement.model.terms import WeekdaysOnly
from settlement.operations.parked_accounts import release
from tests.support.builders import utc
from tests.support.parking import park

OCT = 202610


class OnceKnown(WeekdaysOnly):
    """Knows a country for as long as contracts with it are made, and no longer."""

    knows = True

    def is_working_day(self, country: str, day: date) -> bool:
        if not self.knows and country == "CS":
            raise Refused("unknown_country", f"no public holidays are known for {country}")
        return super().is_working_day(country, day)


pytestmark = pytest.mark.usefixtures("audited")


def test_a_calendar_that_fails_stops_no_bill_from_being_issued(world):
    calendar = OnceKnown()
    world.policy = replace(world.policy, credit=CreditPolicy(calendar=calendar))
    for name, country in (("a", "CS"), ("b", "DE"), ("c", "CS")):
        world.open(name, credit_control=True, credit_limit="1000")
        term = {"day_kind": "business", "country": country, "period_days": 5}
        assert world.send("payment_term_agreed", name, from_cycle="2026-01", **term).refused == 0
        world.fee(name, "50")
    calendar.knows = False
    world.at("2026-11-02 04:00").tick()
    assert world.rows("SELECT due_on, due_rule FROM bill ORDER BY account_id") == [
        (date(2026, 11, 9), "monthly, 5 business days, CS; weekdays, since weekdays failed: unknown_country"),
        (date(2026, 11, 9), "monthly, 5 business days, DE; weekdays"),
        (date(2026, 11, 9), "monthly, 5 business days, CS; weekdays, since weekdays failed: unknown_country"),
    ]
    assert world.one("SELECT count(*) FROM run_range WHERE state <> 'done'") == 0


@pytest.mark.parametrize("parked_on", ["2026-10-20 00:00", "2026-11-03 00:00"])
def test_an_account_parked_over_its_due_date_is_overdue_with_the_next_check_and_no_fault_before(
    world, parked_on
):
    world.open("a", credit_control=True, credit_limit="1000")
    world.send("payment_term_agreed", "a", from_cycle="2026-01", period_days=10)
    world.fee("a", "50")
    world.at(parked_on).tick()
    park(world, "a")
    world.at("2026-11-20 00:00").tick()
    assert world.faults() == 0
    release(world.store, ["a"], at=world.now)
    world.tick()
    assert world.bills("a")[OCT] == ("unsettled", 5000, 0)
    assert world.faults() == 0, "it was not there to be checked"
    world.at("2026-11-20 16:00").tick()
    assert world.announced("bill.overdue") == ["bill.overdue"]
    assert world.rows("SELECT due_on, overdue_at FROM bill") == [
        (date(2026, 11, 12), utc("2026-11-20 16:00"))
    ]

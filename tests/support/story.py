"""Stories in other places: a deployment that bills in a zone of one's choice, with real holidays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from settlement.model.cycle import parse_cycle
from settlement.model.policies.credit import CreditPolicy
from settlement.operations.reports.explanations import BillExplanation, explain
from settlement.operations.schedule.partitions import ensure_partitions
from tests.support.world import World
from worker.policies.holidays import HolidayCalendar

HOLIDAYS = HolidayCalendar()


def bill_in(world: World, zone: str, local: str) -> None:
    """From now on bills are those of a zone, and it is this time there."""
    world.policy = replace(world.policy, zone=ZoneInfo(zone), credit=CreditPolicy(calendar=HOLIDAYS))
    at_local(world, local)
    ensure_partitions(world.store, at=world.now)


def at_local(world: World, text: str) -> World:
    """Lets time pass to a local time, `"2026-11-02 12:00"`."""
    local = datetime.fromisoformat(text).replace(tzinfo=world.policy.zone)
    world.now = local.astimezone(UTC)
    return world


def local_instant(world: World, text: str) -> str:
    """A local time as events have it, in UTC."""
    local = datetime.fromisoformat(text).replace(tzinfo=world.policy.zone)
    return local.astimezone(UTC).isoformat()


def contract(world: World, account: str, *, limit: str = "1000", **term: Any) -> None:
    """An account on credit control with a term, by default ten calendar days a month."""
    world.open(account, credit_control=True, credit_limit=limit)
    plain = {"from_cycle": "2017-01", "period_days": 10}
    assert world.send("payment_term_agreed", account, **(plain | term)).refused == 0


def fee_on(world: World, account: str, amount: str, local: str, **more: Any) -> None:
    """One fee, incurred at a local time."""
    assert world.fee(account, amount, incurred_at=local_instant(world, local), **more).refused == 0


def due(world: World, account: str, cycle: str) -> date | None:
    """The local day at whose end a bill is due."""
    found: date | None = world.one(
        "SELECT due_on FROM bill JOIN account a ON a.id = account_id WHERE external_id = :a AND cycle = :c",
        a=account, c=parse_cycle(cycle),
    )  # fmt: skip
    return found


def explained(world: World, account: str, cycle: str) -> BillExplanation:
    """One bill, explained now."""
    found = explain(world.store, account, parse_cycle(cycle), at=world.now, policy=world.policy)
    return found.bills[0]


def reasons(world: World, account: str, cycle: str) -> list[str]:
    """The codes of the reasons for which a bill is unsettled, in order."""
    return [str(reason.code) for reason in explained(world, account, cycle).reasons]


def state(world: World, account: str, cycle: str) -> tuple[str, int | None, int]:
    """State, payable and paid of a bill, minor units."""
    return world.bills(account)[parse_cycle(cycle)]

"""Settings that change while life goes on: no month is skipped or doubled, and history stays true. Rule: R3.7."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.settings import Settings
from settlement.model.policies.collection import CollectionPolicy, CurrencyThresholds
from settlement.model.policies.policy import Policy, PolicyHistory
from settlement.operations import test_clock
from settlement.operations.schedule.settings_changes import follow_settings
from settlement.operations.schedule.tick import run_due
from settlement.operations.settings_versions import set_version
from tests.support.arrival import arrive_at
from tests.support.builders import utc
from tests.support.fake_gateway import FakeGateway
from tests.support.world import Killed, World, statements
from worker.runtime import Runtime, build_runtime

SECOND, FIFTH = Policy(zone=UTC, issue_day=2), Policy(zone=UTC, issue_day=5)
BEGINNING = utc("1970-01-01 00:00")
OCT, NOV = 202610, 202611


def change(world: World, since: str, policy: Policy) -> None:
    """From an instant on another policy holds; nothing else is set anywhere."""
    versions = world.policy.versions
    world.policy = PolicyHistory([(BEGINNING, versions[0][1]), *versions[1:], (utc(since), policy)]).at(
        world.now
    )


def days_pass(world: World, until: str, *, every_h: int = 36) -> None:
    """Ticks every day and a half, and the books are proved at the end."""
    while world.now < utc(until):
        world.now = min(world.now + timedelta(hours=every_h), utc(until))
        world.tick()
    assert world.faults() == 0


def issued(world: World) -> list[tuple[int, datetime]]:
    return world.rows("SELECT cycle, issued_at FROM bill WHERE issued_at IS NOT NULL ORDER BY cycle")


def month_closes(world: World) -> list[tuple[datetime, str]]:
    return world.rows(
        "SELECT logical_at, CAST(state AS text) FROM schedule_slot WHERE job = 'month_close' ORDER BY logical_at"
    )


def two_months(world: World, policy: Policy) -> None:
    """An account with fees in October and November."""
    world.policy = policy
    world.at("2026-10-05 00:00").open("a", opening_cash="100.00")
    world.fee("a", "10")
    world.fee("a", "20", incurred_at="2026-11-20T00:00:00Z")


@pytest.mark.parametrize(
    ("since", "before", "after", "instants"),
    [
        ("2026-11-10 00:00", SECOND, FIFTH, ("2026-11-02 12:00", "2026-12-05 12:00")),
        ("2026-12-03 00:00", SECOND, FIFTH, ("2026-11-02 12:00", "2026-12-02 12:00")),
        ("2026-12-02 11:00", SECOND, FIFTH, ("2026-11-02 12:00", "2026-12-05 12:00")),
        ("2026-12-03 00:00", FIFTH, SECOND, ("2026-11-05 12:00", "2026-12-03 00:00")),
        ("2026-11-10 00:00", SECOND, replace(SECOND, zone=ZoneInfo("Asia/Shanghai")),
         ("2026-11-02 12:00", "2026-12-02 04:00")),
    ],
)  # fmt: skip
def test_around_a_change_each_month_is_issued_once_and_the_audit_of_history_stays_true(
    world, since, before, after, instants
):
    two_months(world, before)
    change(world, since, after)
    days_pass(world, "2026-12-20 00:00")
    assert issued(world) == list(zip((OCT, NOV), map(utc, instants), strict=True))
    assert month_closes(world) == [(utc(instant), "done") for instant in instants]
    assert world.payments("a") == [
        (OCT, "cash", 10_00, utc(instants[0])), (NOV, "cash", 20_00, utc(instants[1]))
    ]  # fmt: skip


def test_a_setting_without_versions_made_the_audit_of_history_false(world):
    two_months(world, SECOND)
    days_pass(world, "2026-11-10 00:00")
    world.policy = FIFTH
    world.at("2026-12-20 00:00").tick()
    assert world.at("2026-12-22 00:00").faults() == 0
    # What had been issued on the 2nd is looked for on the 5th.
    world.policy = replace(FIFTH, issue_day=9)
    assert world.faults() > 0


@pytest.mark.parametrize("since", ["2026-11-10 00:00", "2026-12-03 00:00"])
def test_months_missed_across_a_change_are_made_up_for_each_by_its_own_version(world, since):
    two_months(world, SECOND)
    change(world, since, FIFTH)
    world.at("2027-01-20 00:00").tick()
    second = "2026-12-05 12:00" if since < "2026-12" else "2026-12-02 12:00"
    assert issued(world) == [(OCT, utc("2026-11-02 12:00")), (NOV, utc(second))]
    assert world.at("2027-01-22 00:00").faults() == 0


def test_a_fee_is_late_by_the_version_that_issues_its_month(world):
    two_months(world, SECOND)
    change(world, "2026-11-10 00:00", FIFTH)
    days_pass(world, "2026-12-04 00:00")
    world.fee("a", "5", incurred_at="2026-11-30T00:00:00Z")
    days_pass(world, "2026-12-06 00:00")
    assert world.bills("a")[NOV] == ("settled", 25_00, 25_00)


def test_the_sweep_comes_once_around_a_change_of_its_hour(world):
    world.policy = replace(SECOND, collection=CollectionPolicy(sweep_time=time(23)))
    world.at("2026-10-05 00:00").open("a")
    world.fee("a", "10")
    assert world.send(
        "payment_method_added", "a", method="visa", kind="bank_card", gateway="sandbox", method_token="ok"
    ).refused == 0  # fmt: skip
    change(world, "2026-10-31 22:30", replace(SECOND, collection=CollectionPolicy(sweep_time=time(22))))
    gateway = FakeGateway()
    for at in (
        "2026-10-31 22:00",
        "2026-10-31 22:29",
        "2026-10-31 22:30",
        "2026-10-31 23:00",
        "2026-11-01 00:00",
    ):
        world.at(at).tick()
        world.charge(gateway)
    assert world.rows(
        "SELECT logical_at, CAST(state AS text) FROM schedule_slot WHERE job = 'month_end_sweep'"
    ) == [(utc("2026-10-31 22:30"), "done")]
    assert gateway.taken_minor() == [10_00]


# ------------------------------------------------------------------------------------------------ what a version opens
WHOLE_ONLY = replace(SECOND, partial_write_off=False)


@pytest.mark.parametrize(
    ("before", "after", "paid_minor"),
    [
        # 30.00 for a bill of 50.00.
        (WHOLE_ONLY, SECOND, 30_00),
        # The 40.00 that accrue keep the gate shut at 30.00.
        (SECOND, replace(SECOND, freeze_accruing=False), 30_00),
    ],
)
def test_what_a_version_lets_pay_is_paid_when_it_holds_and_the_audit_finds_nothing_overlooked(
    world, before, after, paid_minor
):
    world.policy = before
    world.at("2026-10-05 00:00").open("a", "b")
    world.fee("a", "50")
    if before.partial_write_off:
        world.fee("a", "40", incurred_at="2026-11-02T13:00:00Z")
    world.at("2026-11-02 12:00").tick()
    world.top_up("a", "30.00")
    change(world, "2026-11-10 00:00", after)
    days_pass(world, "2026-11-09 12:00")
    assert world.bills("a")[OCT] == ("unsettled", 50_00, 0)
    world.at("2026-11-10 00:00").tick()
    assert world.bills("a")[OCT] == ("unsettled", 50_00, paid_minor)
    assert world.faults() == 0
    assert world.one("SELECT count(*) FROM inbox WHERE source = 'settings'") == 1, "b owes nothing"
    days_pass(world, "2026-11-12 00:00")
    assert world.one("SELECT count(*) FROM inbox WHERE source = 'settings'") == 1


def test_a_lower_threshold_charges_what_has_reached_it_when_it_holds(world):
    world.policy = SECOND
    world.at("2026-10-05 00:00").open("a", "b")
    for name, fee in (("a", "60"), ("b", "40")):
        world.fee(name, fee)
        world.send(
            "payment_method_added", name, method="visa", kind="bank_card", gateway="sandbox", method_token=f"ok_{name}"
        )  # fmt: skip
    lower = CollectionPolicy(thresholds=(CurrencyThresholds("USD", 50_00, 8_00, 500_00),))
    change(world, "2026-10-10 00:00", replace(SECOND, collection=lower))
    gateway = FakeGateway()
    world.at("2026-10-09 23:59").tick()
    world.charge(gateway)
    assert gateway.taken_minor() == []
    world.at("2026-10-10 00:00").tick()
    world.charge(gateway)
    assert gateway.taken_minor() == [60_00]
    assert world.faults() == 0


def test_whoever_dies_while_accounts_are_asked_leaves_the_rest_to_the_next_and_asks_none_twice(world):
    world.policy = WHOLE_ONLY
    names = [f"a{number}" for number in range(5)]
    world.at("2026-10-05 00:00").open(*names)
    for name in names:
        world.fee(name, "50")
    world.at("2026-11-02 12:00").tick()
    for name in names:
        world.top_up(name, "30.00")
    change(world, "2026-11-10 00:00", SECOND)
    arrive_at(world.store, world.at("2026-11-10 00:00").now)
    deaths = 0
    while True:
        try:
            with statements(world.store, die_at=3 + deaths):
                follow_settings(world.store, at=world.now, policy=world.policy, batch=2)
            break
        except Killed:
            deaths += 1
    assert deaths > 8
    assert world.one("SELECT count(*) FROM inbox WHERE source = 'settings'") == 5
    world.tick()
    assert {world.bills(name)[OCT][2] for name in names} == {30_00}
    assert world.faults() == 0


# ------------------------------------------------------------------------------------------------ many processes
def test_many_workers_that_run_take_a_change_at_its_instant_and_issue_each_month_once(
    world, shared_url, monkeypatch, no_settings
):
    monkeypatch.setenv("SETTLE_DATABASE_URL", shared_url)
    monkeypatch.setenv("SETTLE_TEST_CLOCK", "1")
    monkeypatch.setenv("SETTLE_BILLING__ZONE", "UTC")
    world.policy = SECOND
    world.at("2026-10-05 00:00").open(*(f"a{number}" for number in range(20)), opening_cash="100.00")
    for number in range(20):
        world.fee(f"a{number}", "10")
        world.fee(f"a{number}", "20", incurred_at="2026-11-20T00:00:00Z")
    test_clock.move(world.store, utc("2026-10-05 00:00"))
    workers = [build_runtime(Settings()) for _ in range(4)]
    try:
        with ThreadPoolExecutor(4) as threads:
            for at in (
                "2026-11-02 12:00",
                "2026-11-10 00:00",
                "2026-12-02 12:00",
                "2026-12-05 12:00",
                "2026-12-06 00:00",
            ):
                test_clock.move(world.store, utc(at))
                arrive_at(world.store, utc(at))
                list(threads.map(_due, workers))
                if at == "2026-11-02 12:00":
                    set_version(
                        world.store, {"billing.issue_day": 5}, holds_from=utc("2026-11-10 00:00"), by="ana@host",
                        reason="", may_set=lambda *_: None, test_clock_counts=True,
                    )  # fmt: skip
                if at == "2026-12-02 12:00":
                    assert len(issued(world)) == 20, "not on the 2nd any more"
        assert Counter(issued(world)) == {
            (OCT, utc("2026-11-02 12:00")): 20, (NOV, utc("2026-12-05 12:00")): 20
        }  # fmt: skip
        world.now, world.policy = workers[0].now(), workers[0].policy
        assert world.at("2026-12-08 00:00").faults() == 0
    finally:
        for rt in workers:
            rt.close()


def _due(rt: Runtime) -> None:
    run_due(
        rt.store, clock=rt.now, policy=rt.policy, drain_limits=rt.drain_limits, month_close_limits=rt.month_close_limits
    )  # fmt: skip

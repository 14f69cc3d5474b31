"""Beat and upkeep are down over an issuance, and whoever asks hears of it. Rule: R3.6e."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from interfaces.cli.main import run
from settlement.operations import test_clock, users
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.owed import owed_by, unattended_s
from settlement.operations.schedule.runs import pause_run
from settlement.operations.schedule.tick import start_due
from tests.interfaces.http.conftest import Server
from tests.support.prometheus import scraped, value_of
from tests.support.world import World, statements

# The 2nd of November, noon in Shanghai, was two days ago.
NOW = "2026-11-04 04:00"
OWED = [
    ("daily_check", "2026-11-01T16:00:00Z"),
    ("month_close", "2026-11-02T04:00:00Z"),
    ("daily_check", "2026-11-02T16:00:00Z"),
    ("daily_check", "2026-11-03T16:00:00Z"),
]


@pytest.fixture
def outage(world: World) -> World:
    """The last tick was on the 1st."""
    world.open("acme")
    world.fee("acme", "12.00")
    world.at("2026-11-01 00:00").tick()
    return world.at(NOW)


@pytest.fixture
def server(outage: World, make_server: Callable[..., Server]) -> Server:
    """A server that nobody helps."""
    served = make_server(test_clock=True)
    test_clock.move(outage.store, outage.now)
    return served


@pytest.fixture
def settle(
    no_settings: None,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Any,
) -> Callable[[str], Any]:
    """What a command prints as JSON. There is no broker, so it ends with 6."""
    url = server.runtime.settings.database_url
    assert url is not None
    monkeypatch.setenv("SETTLE_DATABASE_URL", url.get_secret_value())
    monkeypatch.setenv("SETTLE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("SETTLE_TEST_CLOCK", "1")

    def called(command: str) -> Any:
        assert run([command, "--json"]) == 6
        return json.loads(capsys.readouterr().out)

    return called


def noticed(world: World) -> int:
    return int(world.one("SELECT count(*) FROM schedule_slot"))


def test_the_command_line_says_what_is_owed_and_writes_nothing(outage, settle):
    before = noticed(outage)
    owed = settle("status")["work"]["owed"]
    assert [(one["job"], one["logical_at"]) for one in owed] == OWED
    assert not any(one["recorded"] for one in owed)
    [calendar] = [check for check in settle("doctor")["checks"] if check["name"] == "calendar"]
    assert calendar["level"] == "fail"
    assert "daily check of 2026-11-02T00:00:00+08:00" in calendar["said"]
    assert "nor are 3 after it" in calendar["said"]
    assert "beat" in calendar["todo"]
    assert noticed(outage) == before


def test_the_server_is_not_ready_until_somebody_ticks(server, outage):
    answer = server.client.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False, "reason": "nobody does what the calendar owes",
        "owed": {"job": "daily_check", "logical_at": "2026-11-01T16:00:00Z", "instants": 4},
    }  # fmt: skip
    outage.tick()
    answer = server.client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_what_is_owed_for_less_than_the_grace_keeps_nobody_from_being_ready(outage, make_server):
    patient = make_server(test_clock=True, limits={"owed_grace_s": 3 * 86400})
    test_clock.move(outage.store, outage.now)
    assert patient.client.get("/ready").status_code == 200


def test_metrics_say_what_is_owed(server, outage):
    found = scraped(server.client.get("/metrics").text)
    assert value_of('settle_calendar_owed{job="month_close"}', found) == 1
    assert value_of('settle_calendar_owed{job="daily_check"}', found) == 3
    assert value_of('settle_calendar_owed{job="month_end_sweep"}', found) == 0
    assert value_of("settle_calendar_owed_oldest_seconds", found) == 2.5 * 86400
    assert value_of("settle_calendar_unattended_seconds", found) == 2.5 * 86400
    outage.tick()
    found = scraped(server.client.get("/metrics").text)
    assert value_of('settle_calendar_owed{job="month_close"}', found) == 0
    assert value_of("settle_calendar_unattended_seconds", found) == 0


def test_the_console_says_so_on_its_pages(server, outage):
    users.add_user(outage.store, "op", "operator", "correct horse battery")
    with httpx.Client(base_url=server.client.base_url, timeout=60) as client:
        signed_in = client.post("/console/login", data={"name": "op", "password": "correct horse battery"})
        assert signed_in.status_code == 303
        pages = ("/console", "/console/runs", "/console/work")
        for path in pages:
            text = client.get(path).text
            assert "4 instants of the calendar are owed" in text, path
            assert "the oldest: daily check of" in text, path
        outage.tick()
        for path in pages:
            assert "of the calendar" not in client.get(path).text, path


def owed(world: World):
    with world.store.transaction() as tx:
        return owed_by(tx, at=world.now, policy=world.policy)


def test_a_run_that_moves_is_attended_and_a_paused_one_is_meant(outage):
    outage.tick()
    outage.fee("acme", "3.00", incurred_at="2026-11-03T00:00:00Z")
    outage.at("2026-12-02 05:00")
    with outage.store.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM schedule_slot WHERE logical_at > '2026-11-30T15:00:00Z'")
        tx.exec_driver_sql(
            "INSERT INTO schedule_slot (job, logical_at, state) VALUES ('daily_check', '2026-12-01T16:00:00Z', 'done')"
        )
    (run_id,) = start_due(outage.store, at=outage.now, policy=outage.policy, limits=MonthCloseLimits())
    month = [one for one in owed(outage) if one.run_id == run_id]
    assert [one.logical_at.isoformat() for one in month] == ["2026-12-02T04:00:00+00:00"]
    # The run has just begun, by the database's clock.
    assert 0 <= unattended_s(month, outage.now) < 600
    pause_run(outage.store, run_id)
    month = [one for one in owed(outage) if one.run_id == run_id]
    assert [(one.is_paused, unattended_s(month, outage.now)) for one in month] == [(True, 0.0)]


def test_a_system_that_never_ticked_owes_its_oldest_bill(world):
    world.open("acme")
    assert owed(world) == []
    world.fee("acme", "12.00")
    world.at("2026-12-03 00:00")
    kinds = [(one.job, one.logical_at.isoformat()) for one in owed(world)]
    assert kinds == [
        ("month_end_sweep", "2026-10-31T15:00:00+00:00"), ("month_close", "2026-11-02T04:00:00+00:00"),
        ("month_end_sweep", "2026-11-30T15:00:00+00:00"), ("month_close", "2026-12-02T04:00:00+00:00"),
    ]  # fmt: skip


def test_how_much_is_owed_does_not_matter_to_the_number_of_statements(outage):
    counts = []
    for now in (NOW, "2027-11-04 04:00"):
        outage.at(now)
        with statements(outage.store) as sent:
            owed(outage)
        counts.append(len(sent))
    assert counts[0] == counts[1]

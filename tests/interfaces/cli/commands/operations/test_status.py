"""How everything is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interfaces.cli.conftest import Cli


def test_status_shows_servers_processes_and_work(served: Cli, issued: Cli) -> None:
    issued("emit", "top_up", "--account", "beta", "--amount", "1", "--currency", "USD")
    status = served.json("status")
    assert (status["database"]["up"], status["database"]["migrated"], status["broker"]["up"]) == (
        True,
        True,
        True,
    )
    assert status["broker"]["queues"] == {"events": 0, "month-close": 0, "collection": 0, "upkeep": 0}
    assert (status["processes"], status["unserved"]) == (
        [],
        ["events", "month-close", "collection", "upkeep", "beat"],
    )
    work = status["work"]
    assert (work["inbox"]["waiting"], work["inbox"]["refused"], work["parked_accounts"]) == (1, 0, 0)
    assert work["outbox"]["unpublished"] == issued.rows("SELECT count(*) FROM outbox")[0][0] > 0
    assert [(run["cycle"], run["state"]) for run in work["runs"]] == [("2026-10", "done")]
    assert [one["at"] for one in status["clock"]["next"]] == ["2026-11-30T15:00:00Z", "2026-12-02T04:00:00Z"]
    text = served("status").out
    assert "events waiting" in text
    assert "month close of 2026-11" in text


@pytest.mark.usefixtures("unchanged")
def test_status_without_a_broker_shows_the_rest_and_is_six(cli: Cli) -> None:
    status = cli.json("status", code=6)
    assert (status["database"]["up"], status["broker"]["up"], status["work"]["inbox"]["waiting"]) == (
        True,
        False,
        0,
    )


def test_status_and_doctor_count_what_is_overdue_and_say_which_day_was_checked(overdue: Cli) -> None:
    credit = overdue.json("status", code=6)["work"]["credit"]
    assert credit == {
        "overdue_bills": 1, "overdue_accounts": 1, "low_credit_accounts": 0,
        "days_checked_until": "2026-11-07T16:00:00Z",
    }  # fmt: skip
    text = overdue("status", code=6).out
    assert "the days before 2026-11-08 are done" in text
    assert "1 of 1 account: `settle overdue list`" in text

    def check() -> Any:
        checks = overdue.json("doctor", code=6)["checks"]
        return next(check for check in checks if check["name"] == "daily check")

    assert check()["level"] == "ok"
    assert "1 bills overdue" in check()["said"]
    overdue("clock", "advance", "2d")
    assert check()["level"] == "warn"


def test_status_shows_the_processes_of_all_hosts_however_they_were_started(served: Cli) -> None:
    work = '{"tasks.events.drain": "2026-10-20T00:00:00Z"}'
    for values in (
        f"'h1', 11, 'worker', 'pool-of-mine', '{{events,upkeep}}', '0.2.0', 'aaa', clock_timestamp(), '{work}'",
        "'h2', 12, 'worker', 'month-close', '{month-close}', '0.1.0', 'bbb', clock_timestamp(), '{}'",
        "'h2', 13, 'beat', 'beat', '{}', '0.1.0', '', clock_timestamp() - interval '5 minutes', '{}'",
    ):
        served.as_owner(
            "INSERT INTO process (id, host, pid, kind, name, queues, version, settings, seen_at, worked) "
            f"VALUES (gen_random_uuid(), {values})"
        )
    status = served.json("status")
    found = {
        one["name"]: (one["host"], one["pid"], one["state"], one["queues"]) for one in status["processes"]
    }
    assert found == {
        "pool-of-mine": ("h1", 11, "running", ["events", "upkeep"]),
        "month-close": ("h2", 12, "running", ["month-close"]),
        "beat": ("h2", 13, "silent", []),
    }
    assert status["unserved"] == ["collection", "beat"]
    text = served("status").out
    assert "events.drain" in text
    assert "2026-10-20T08:00:00+08:00" in text
    assert "2026-10-20T00:00:00Z" not in text
    assert "versions differ: 0.1.0, 0.2.0" in text
    assert "settings that move money differ: aaa, bbb" in text
    checks = {check["name"]: check for check in served.json("doctor", code=1)["checks"]}
    assert {name: checks[name]["level"] for name in ("events", "upkeep", "collection", "beat")} == {
        "events": "ok", "upkeep": "ok", "collection": "warn", "beat": "fail",
    }  # fmt: skip
    assert "-Q collection" in checks["collection"]["todo"]
    assert checks["versions"]["said"] == "0.1.0: month-close on h2; 0.2.0: pool-of-mine on h1"
    assert (checks["versions"]["level"], checks["settings of processes"]["level"]) == ("warn", "fail")

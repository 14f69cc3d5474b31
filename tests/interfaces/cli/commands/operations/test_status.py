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
    assert {process["state"] for process in status["processes"]} == {"stopped"}
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

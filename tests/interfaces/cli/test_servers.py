"""Commands about servers: the schema, the state of things, the doctor's advice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interfaces.cli.main import run
from tests.interfaces.cli.conftest import Cli
from tests.support.servers import PostgresForTests


def levels(cli: Cli, code: int) -> dict[str, str]:
    return {check["name"]: check["level"] for check in cli.json("doctor", code=code)["checks"]}


@pytest.fixture
def served(cli: Cli, valkey: str, tmp_path: Path, environment: Callable[[str, str], None]) -> Cli:
    environment("SETTLE_BROKER_URL", valkey)
    environment("SETTLE_BROKER_KEY_PREFIX", f"{tmp_path.name}:")
    return cli


@pytest.mark.usefixtures("unchanged")
def test_migrating_twice_is_migrating_once(
    cli: Cli, postgres: PostgresForTests, environment: Callable[[str, str], None]
) -> None:
    with postgres.empty_database() as name:
        environment("SETTLE_DATABASE_URL", postgres.worker_url(name))
        environment("SETTLE_MIGRATION_URL", postgres.owner_url(name))
        first = cli.json("db", "migrate")
        assert cli.json("db", "migrate") == first
        assert cli.json("accounts", "list") == {"accounts": [], "next": None}


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


def test_the_doctor_is_content_with_what_is_well_and_warns_of_what_waits(served: Cli, accounts: Cli) -> None:
    accounts("emit", "top_up", "--account", "nobody", "--amount", "1", "--currency", "USD", "--now", code=4)
    found = levels(served, code=0)
    assert all(
        found[name] == "ok"
        for name in ("PostgreSQL", "schema", "ledger", "clocks", "broker", "broker memory")
    )
    assert (found["events refused"], found["events parked"], found["beat"]) == ("warn", "ok", "warn")


@pytest.mark.usefixtures("unchanged")
def test_the_doctor_sees_a_role_that_may_change_the_ledger(
    served: Cli, environment: Callable[[str, str], None]
) -> None:
    environment("SETTLE_DATABASE_URL", served.owner_url)
    assert levels(served, code=1)["ledger"] == "fail"


@pytest.mark.usefixtures("unchanged")
def test_the_doctor_sees_a_schema_that_is_missing(
    served: Cli, postgres: PostgresForTests, environment: Callable[[str, str], None]
) -> None:
    with postgres.empty_database() as name:
        environment("SETTLE_DATABASE_URL", postgres.worker_url(name))
        assert levels(served, code=1)["schema"] == "fail"


@pytest.mark.usefixtures("unchanged")
def test_the_doctor_sees_a_worker_that_hangs(served: Cli, tmp_path: Path) -> None:
    import os

    sign = tmp_path / "state" / "health" / "events"
    sign.parent.mkdir(parents=True)
    sign.touch()
    os.utime(sign, (1, 1))
    assert levels(served, code=1)["events"] == "fail"


@pytest.mark.usefixtures("unchanged")
def test_the_doctor_without_servers_is_six_and_with_bad_settings_two(
    cli: Cli, environment: Callable[[str, str], None]
) -> None:
    environment("SETTLE_DATABASE_URL", "postgresql://x@127.0.0.1:1/x")
    assert levels(cli, code=6)["PostgreSQL"] == "fail"
    environment("SETTLE_BILLING__ZONE", "Mars/Olympus")
    assert levels(cli, code=2)["settings"] == "fail"


def test_the_doctor_before_anything_was_started_names_what_is_missing(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor"]) == 6
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("settings", "SETTLE_DATABASE_URL", "embedded, not started", "beat"))


def test_an_owed_month_is_a_warning_with_the_command_that_does_it(served: Cli) -> None:
    served.as_owner(
        "INSERT INTO schedule_slot (job, logical_at) VALUES ('month_close', '2026-10-02T04:00:00Z')"
    )
    [calendar] = [check for check in served.json("doctor")["checks"] if check["name"] == "calendar"]
    assert (calendar["level"], calendar["todo"]) == ("warn", "settle tick")


def test_down_with_nothing_running_is_fine(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["down"]) == 0
    assert "stopped" in capsys.readouterr().out

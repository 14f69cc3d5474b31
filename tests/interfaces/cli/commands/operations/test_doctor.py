"""What may be wrong, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interfaces.cli.commands.operations import doctor
from interfaces.cli.commands.operations.probes import BrokerProbe
from interfaces.cli.main import run
from settlement.queries.operating.figures import Waiting
from tests.interfaces.cli.conftest import Cli
from tests.support.servers import PostgresForTests
from worker import health
from worker.pid_file import Child


def levels(cli: Cli, code: int) -> dict[str, str]:
    return {check["name"]: check["level"] for check in cli.json("doctor", code=code)["checks"]}


def test_a_broker_that_is_none_of_ours_is_told_what_to_use() -> None:
    [found] = doctor._broker(BrokerProbe("here", version="LavinMQ 2.0", unusable="the broker is no RabbitMQ"))
    assert (found.level, found.finding) == ("fail", "LavinMQ 2.0: the broker is no RabbitMQ")
    assert "RabbitMQ, Redis or Valkey" in found.remedy


def test_open_differences_are_told_by_gateway_and_kind_with_the_age_of_the_oldest() -> None:
    found = doctor._differences(
        [Waiting(("paypal", "charged_twice"), 1, 90.0), Waiting(("stripe", "missing_here"), 2, 86400.0)]
    )
    first = "1 charged twice (paypal), the oldest found 1 min 30 s ago"
    other = "2 missing here (stripe), the oldest found 1 d 0 h ago"
    assert (found.level, found.finding) == ("warn", f"{first}; {other}")
    assert "settle reconcile list" in found.remedy
    assert doctor._differences([]).level == "ok"


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


def test_the_doctor_sees_a_worker_that_hangs(served: Cli) -> None:
    served.as_owner(
        "INSERT INTO process (id, host, pid, kind, name, queues, version, settings, seen_at) "
        "VALUES (gen_random_uuid(), 'h', 7, 'worker', 'events', '{events}', '1', '', now() - interval '31 seconds')"
    )
    assert levels(served, code=1)["events"] == "fail"


def test_a_stack_whose_supervisor_has_ended_is_a_fault_with_what_to_do_until_it_is_stopped(
    served: Cli, tmp_path: Path
) -> None:
    run = tmp_path / "state" / "run"
    run.mkdir(parents=True)

    def said() -> tuple[Any, list[tuple[str, str]], str]:
        supervised = (served("status").out.partition("supervisor ")[2]).partition("\n")[0]
        checks = served.json("doctor", code=1 if supervised else 0)["checks"]
        found = [(one["said"], one["todo"]) for one in checks if one["name"] == "supervisor"]
        return served.json("status")["unsupervised"], found, supervised

    assert said() == (None, [], "")
    Child(1, "of another start").save(run / "supervisor.json")
    why, [(finding, todo)], line = said()
    assert why == f"the supervisor was killed; see {tmp_path / 'state' / 'logs' / 'supervisor.log'}"
    (run / "supervisor.reason").write_text("events has ended by itself 5 times within 60 s")
    why, [(finding, todo)], line = said()
    assert why == "events has ended by itself 5 times within 60 s"
    assert finding == f"what dies here is not started again: {why}"
    assert "`settle up --detach`" in todo
    assert why in line
    assert todo in line
    served("down")
    assert said() == (None, [], "")


def test_without_a_schema_the_doctor_goes_by_the_signs_of_life_of_this_host(
    served: Cli, postgres: PostgresForTests, environment: Callable[[str, str], None]
) -> None:
    sign = health.path_of("events")
    sign.parent.mkdir(parents=True)
    health.touch("events")
    os.utime(sign, (1, 1))
    with postgres.empty_database() as name:
        environment("SETTLE_DATABASE_URL", postgres.worker_url(name))
        assert levels(served, code=1)["events"] == "fail"
    health.remove("events")


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


def test_an_owed_month_is_a_warning_with_the_command_that_does_it_and_a_fault_when_it_is_late(
    served: Cli, environment: Callable[[str, str], None]
) -> None:
    served.as_owner(
        "INSERT INTO schedule_slot (job, logical_at) VALUES ('month_close', '2026-10-02T04:00:00Z')"
    )

    def calendar(code: int) -> tuple[str, str]:
        [check] = [one for one in served.json("doctor", code=code)["checks"] if one["name"] == "calendar"]
        return check["level"], check["todo"]

    level, todo = calendar(1)
    assert level == "fail"
    assert "`settle tick`" in todo
    environment("SETTLE_LIMITS__OWED_GRACE_S", str(30 * 86400))
    assert calendar(0) == ("warn", "settle tick")

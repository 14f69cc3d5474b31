"""Starting and stopping everything on one machine."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from interfaces.cli.main import run
from settlement.storage.revision import head_revision
from tests.interfaces.cli.conftest import Cli
from tests.support.servers import PostgresForTests


def test_down_with_nothing_running_is_fine(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["down"]) == 0
    assert "stopped" in capsys.readouterr().out


def starts(monkeypatch: pytest.MonkeyPatch, start: Callable[..., None]) -> None:
    """In the place of processes."""
    monkeypatch.setattr("sandbox.local.console.start_console", lambda *_: False)
    monkeypatch.setattr("sandbox.local.processes.start_processes", start)
    monkeypatch.setattr("sandbox.local.processes.wait_until_alive", lambda _settings: None)
    monkeypatch.setattr("sandbox.local.supervision.start_supervisor", lambda _settings: None)


def test_servers_of_ones_own_need_no_owner_named_while_the_schema_is_current(
    cli: Cli,
    postgres: PostgresForTests,
    database: str,
    environment: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment("SETTLE_DATABASE_URL", postgres.worker_url(database))
    environment("SETTLE_MIGRATION_URL", "")
    environment("SETTLE_BROKER_URL", "redis://127.0.0.1:1/0")
    started: list[object] = []
    starts(monkeypatch, lambda *_: started.append(1))
    assert f"schema: at revision {head_revision()}" in cli("up", "--detach").err
    assert started
    with psycopg.connect(postgres.owner_url(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0031'")
    assert "SETTLE_MIGRATION_URL names the owner" in cli("up", "--detach", code=1).err
    assert len(started) == 1


def test_the_test_clock_is_set_before_any_process_starts(
    cli: Cli,
    postgres: PostgresForTests,
    database: str,
    environment: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment("SETTLE_DATABASE_URL", postgres.worker_url(database))
    environment("SETTLE_MIGRATION_URL", postgres.owner_url(database))
    environment("SETTLE_BROKER_URL", "redis://127.0.0.1:1/0")
    found: list[str] = []

    def start(*_: object) -> None:
        # What the first tick of a process that starts here would do.
        found.append(cli.json("clock", "show")["now"])
        cli("tick")

    starts(monkeypatch, start)
    cli("up", "--detach", "--clock", "2026-03-05T12:00")
    assert found == ["2026-03-05T04:00:00Z"]
    with psycopg.connect(postgres.worker_url(database)) as connection:
        later = "SELECT count(*) FROM schedule_slot WHERE logical_at > '2026-03-05T04:00:00Z'"
        assert connection.execute(later).fetchall() == [(0,)]

    environment("SETTLE_TEST_CLOCK", "")
    assert "SETTLE_TEST_CLOCK=1" in cli("up", "--detach", "--clock", "2026-03-06T12:00", code=4).err
    assert len(found) == 1

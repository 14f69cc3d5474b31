"""What a worker asks when it begins, and what it asks again."""

from __future__ import annotations

import fakeredis
import pytest
import structlog

from settlement.storage import server
from worker import lifecycle
from worker.broker import too_old
from worker.runtime import Runtime


def test_the_streams_of_all_senders_are_read_however_many_there_are(rt: Runtime) -> None:
    with rt.store.transaction() as tx:
        tx.exec_driver_sql(
            "INSERT INTO sender (source, ended_at) "
            "SELECT 's' || n, CASE WHEN n = 7 THEN now() END FROM generate_series(1, 1500) AS n"
        )
    assert sorted(lifecycle._known_sources()) == sorted(f"s{n}" for n in range(1, 1501))


def test_a_worker_does_not_begin_on_a_database_server_that_is_too_old(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "settings", lambda: rt.settings)
    lifecycle.refuse_an_old_schema()
    monkeypatch.setattr(server, "OLDEST", 990000)
    with pytest.raises(SystemExit) as ended:
        lifecycle.refuse_an_old_schema()
    assert ended.value.code == 1


def test_a_worker_does_not_begin_with_a_url_that_nobody_can_read(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "settings", lambda: rt.settings)
    monkeypatch.setattr(lifecycle, "database_url", lambda _: "postgresql://h/db?no_such=1")
    with pytest.raises(SystemExit) as ended:
        lifecycle.refuse_an_old_schema()
    assert ended.value.code == 1


@pytest.mark.parametrize(
    ("info", "fault"),
    [
        ({"redis_version": "6.0.16"}, "Redis 6.0.16 is too old: use 6.2 or later, or Valkey"),
        ({"redis_version": "5.0"}, "Redis 5.0 is too old: use 6.2 or later, or Valkey"),
        ({"redis_version": "6.2.0"}, None),
        ({"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.2"}, None),
        ({}, None),
    ],
)
def test_a_worker_does_not_begin_on_a_broker_that_is_too_old(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch, info: dict[str, str], fault: str | None
) -> None:
    client = fakeredis.FakeRedis()
    monkeypatch.setattr(client, "info", lambda section: info if section == "server" else {})
    monkeypatch.setattr(lifecycle, "redis_client", lambda *_: client)
    monkeypatch.setattr(lifecycle, "broker_url", lambda _: "redis://fake.invalid/0")
    monkeypatch.setattr(lifecycle, "settings", lambda: rt.settings)
    assert too_old(info) == fault
    if fault is None:
        lifecycle.refuse_an_old_broker()
        return
    with pytest.raises(SystemExit) as ended, structlog.testing.capture_logs() as lines:
        lifecycle.refuse_an_old_broker()
    assert ended.value.code == 1
    assert [(line["log_level"], line["error"]) for line in lines] == [("critical", fault)]

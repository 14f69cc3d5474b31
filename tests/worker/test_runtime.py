"""What a process works with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from config.settings import load_settings
from settlement.errors import ClocksDiffer
from tasks.events import drain, receive
from tasks.month_close import work
from tasks.upkeep import tick
from worker.runtime import Runtime, build_runtime
from worker.task import guarded

EVENT = {
    "source": "test",
    "event_id": "1",
    "type": "account_opened",
    "account": "a",
    "data": {"currency": "USD"},
}


def test_asking_for_the_time_takes_the_test_clock_only_where_it_is_allowed(
    rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Callable[[], int] = lambda: rt.now().year  # noqa: E731
    with rt.store.transaction() as tx:
        tx.exec_driver_sql("INSERT INTO test_clock (now_at) VALUES ('2031-05-01T00:00:00Z')")
    assert read() < 2031
    monkeypatch.setenv("SETTLE_TEST_CLOCK", "1")
    allowed = build_runtime(load_settings())
    assert allowed.now().isoformat() == "2031-05-01T00:00:00+00:00"
    allowed.close()


def _host_is(monkeypatch: pytest.MonkeyPatch, **away: float) -> None:
    monkeypatch.setattr("worker.runtime.host_now", lambda: datetime.now(UTC) + timedelta(**away))


@pytest.mark.parametrize("days", [4, -4])
def test_a_process_whose_clock_is_away_from_the_databases_books_nothing_and_says_so(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    def counts() -> list[tuple[int, ...]]:
        with rt.store.transaction() as tx:
            return list(
                tx.exec_driver_sql(
                    "SELECT (SELECT count(*) FROM schedule_slot), (SELECT count(*) FROM account), "
                    "(SELECT count(*) FROM inbox WHERE state = 'waiting')"
                ).all()
            )

    _host_is(monkeypatch, days=days)
    receive([EVENT])
    for function in (drain, tick):
        guarded(function, "swallow")()
    with pytest.raises(ClocksDiffer) as differs:
        work(1)
    # Both clocks, to the second, and how far they may be apart.
    assert len(re.findall(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", str(differs.value))) == 2
    assert counts() == [(0, 0, 1)]

    _host_is(monkeypatch)
    drain()
    tick()
    assert counts() == [(1, 1, 0)]


def test_a_few_seconds_are_let_pass_and_what_counts_is_the_databases_clock(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    _host_is(monkeypatch, seconds=4)
    assert rt.now() < datetime.now(UTC) + timedelta(seconds=2)
    _host_is(monkeypatch, days=4)
    assert rt.as_of() < datetime.now(UTC) + timedelta(seconds=2)


def test_a_test_clock_that_is_set_stands_for_every_clock(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rt.store.transaction() as tx:
        tx.exec_driver_sql("INSERT INTO test_clock (now_at) VALUES ('2031-05-01T00:00:00Z')")
    monkeypatch.setenv("SETTLE_TEST_CLOCK", "1")
    allowed = build_runtime(load_settings())
    _host_is(monkeypatch, days=4)
    assert allowed.now() == datetime(2031, 5, 1, tzinfo=UTC)
    allowed.close()

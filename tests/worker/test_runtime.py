"""What a process works with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.settings import Settings
from worker.runtime import Runtime, build_runtime


def test_asking_for_the_time_takes_the_test_clock_only_where_it_is_allowed(
    rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Callable[[], int] = lambda: rt.now().year  # noqa: E731
    with rt.store.transaction() as tx:
        tx.exec_driver_sql("INSERT INTO test_clock (now_at) VALUES ('2031-05-01T00:00:00Z')")
    assert read() < 2031
    monkeypatch.setenv("SETTLE_TEST_CLOCK", "1")
    allowed = build_runtime(Settings())
    assert allowed.now().isoformat() == "2031-05-01T00:00:00+00:00"
    allowed.close()

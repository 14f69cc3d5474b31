"""What a worker asks when it begins, and what it asks again."""

from __future__ import annotations

from worker import lifecycle
from worker.runtime import Runtime


def test_the_streams_of_all_senders_are_read_however_many_there_are(rt: Runtime) -> None:
    with rt.store.transaction() as tx:
        tx.exec_driver_sql(
            "INSERT INTO sender (source, ended_at) "
            "SELECT 's' || n, CASE WHEN n = 7 THEN now() END FROM generate_series(1, 1500) AS n"
        )
    assert sorted(lifecycle._known_sources()) == sorted(f"s{n}" for n in range(1, 1501))

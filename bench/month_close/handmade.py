"""The yardstick: the month close in hand-made set-based SQL, over ranges of accounts, in a few sessions at once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

import psycopg

from bench.month_close.data import CYCLE, CYCLE_AFTER, ISSUED_AT
from bench.place.usage import cpu_seconds

RANGE_SIZE = 2000
_PART_2 = "-- part 2: per range\n"


def statements() -> tuple[list[str], list[str]]:
    """The statements to run once per session, and those to run per range, with psycopg's placeholders."""
    first, second = (Path(__file__).with_name("handmade.sql")).read_text().split(_PART_2)
    return [*_split(first)], [_typed(statement) for statement in _split(second)]


def _split(script: str) -> Iterator[str]:
    for statement in script.split("\n;\n"):
        if statement.strip():
            yield statement


_TYPES = {
    "first": "bigint", "last": "bigint", "cycle": "integer", "next": "integer", "at": "timestamptz", "zone": "text",
    "cause": "text", "correlation": "text",
}  # fmt: skip


def _typed(statement: str) -> str:
    return re.sub(r"\$(\w+)", lambda name: f"%({name[1]})s::{_TYPES[name[1]]}", statement.replace("%", "%%"))


class Took(NamedTuple):
    """`seconds` by the clock; `cpu_s` of client and, where they run on this machine, of the sessions."""

    seconds: float
    cpu_s: float


def close_month(
    url: str,
    accounts: int,
    *,
    sessions: int = 2,
    correlation_id: str = "run:1",
    at: datetime = ISSUED_AT,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Took:
    """Closes the month of accounts 1 to `accounts` in `sessions` sessions.

    The sessions are connected and prepared before the clock starts.
    """
    once, per_range = statements()
    connections = [psycopg.connect(url, prepare_threshold=0) for _ in range(sessions)]
    try:
        for connection in connections:
            connection.execute("SET timezone = 'UTC'")
            # The temporary tables are empty at first: a plan kept from then would be a bad one later. They have no
            # statistics either, and every statement names its range of accounts, so that joining by hash is right.
            connection.execute("SET plan_cache_mode = force_custom_plan")
            connection.execute("SET enable_nestloop = off")
            for statement in once:
                connection.execute(statement)
            connection.commit()
        firsts = count(1, RANGE_SIZE)

        def work(connection: psycopg.Connection) -> None:
            while (first := next(firsts)) <= accounts:
                last = min(first + RANGE_SIZE - 1, accounts)
                _close_range(connection, per_range, first, last, correlation_id, at)
                on_progress(last - first + 1)

        backends = [connection.info.backend_pid for connection in connections]
        cpu = time.process_time() + cpu_seconds(backends)
        started = time.perf_counter()
        with ThreadPoolExecutor(sessions) as threads:
            # Read to its end, since only then a failure of a thread is raised.
            list(threads.map(work, connections))
        seconds = time.perf_counter() - started
        return Took(seconds, time.process_time() + cpu_seconds(backends) - cpu)
    finally:
        for connection in connections:
            connection.close()


def _close_range(
    connection: psycopg.Connection,
    per_range: list[str],
    first: int,
    last: int,
    correlation_id: str,
    at: datetime,
) -> None:
    values = {
        "first": first, "last": last, "cycle": CYCLE, "next": CYCLE_AFTER, "at": at, "zone": "Asia/Shanghai",
        "cause": f"close:{CYCLE // 100}-{CYCLE % 100:02d}", "correlation": correlation_id,
    }  # fmt: skip
    with connection.transaction(), connection.pipeline():
        for statement in per_range:
            connection.execute(statement, values)

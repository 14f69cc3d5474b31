"""The month close through real Celery workers, beside hand-made SQL and beside one transaction per bill."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bench.month_close import handmade, orm
from bench.month_close.data import CYCLE, ISSUED_AT, Mix
from bench.month_close.rows import differences, fingerprint
from bench.place.place import Place, sender
from bench.place.usage import cpu_seconds, memory_of, with_children
from bench.place.workers import as_shipped, workers
from config.settings import load_settings
from settlement.model.cycle import Cycle
from settlement.operations.schedule.month_close import MonthCloseLimits, start_month_close
from settlement.queries import runs
from settlement.queries.runs import RunView
from settlement.storage.store import Store
from worker.policies.policy import policy_of

QUEUE = "month-close"
TASK = "tasks.month_close.work"
PROCESSES = 2
CLOSING_WORKER = replace(as_shipped(QUEUE), size=PROCESSES)
_POLL_S = 0.25


class NotTheSameError(RuntimeError):
    """Two ways of doing the same work left different rows behind; no time of theirs means anything."""


@dataclass(frozen=True, slots=True)
class Closed:
    """One month close through the workers: seconds by its run row, and their memory."""

    seconds: float
    cpu_s: float
    memory: dict[str, float]


def measure(
    place: Place, accounts: int, *, repeats: int, seed: int, orm_sample: int, range_size: int | None
) -> dict[str, Any]:
    """Pairs of hand-made SQL and Celery workers, one after the other, each on a fresh copy of the same data.

    Raises:
        NotTheSameError: the rows differ.
    """
    load_before = round(os.getloadavg()[0], 2)
    limits = load_settings().limits
    size = range_size or limits.range_size
    pairs: list[dict[str, float]] = []
    memories: list[dict[str, float]] = []
    with place.loaded(f"data_{accounts}", accounts, seed=seed, mix=Mix()) as template:
        for number in range(1, repeats + 1):
            pair, memory = _pair(
                place, template, accounts, size, f"{accounts:,} accounts: {number}/{repeats}"
            )
            pairs.append(pair)
            memories.append(memory)
        per_bill = _measure_orm(place, template, min(orm_sample, accounts)) if orm_sample else None
    return _result(accounts, size, pairs, memories, per_bill, load_before)


def _pair(
    place: Place, template: str, accounts: int, size: int, label: str
) -> tuple[dict[str, float], dict[str, float]]:
    server = place.server
    with (
        server.database("handmade", template=template) as one,
        server.database("workers", template=template) as other,
    ):
        server.checkpoint()
        with place.progress.bar(f"{label}, hand-made SQL", accounts) as advance:
            by_hand = handmade.close_month(
                server.worker_url(one), accounts, sessions=PROCESSES, on_progress=advance
            )
        server.checkpoint()
        closed = close_by_workers(place, other, accounts, size, f"{label}, Celery workers")
        same_rows(fingerprint(server.owner_url(one)), fingerprint(server.owner_url(other)), "hand-made SQL")
    pair = {
        "workers_s": closed.seconds,
        "handmade_s": by_hand.seconds,
        "ratio": closed.seconds / by_hand.seconds,
    }
    if server.embedded:
        pair |= {
            "workers_cpu_s": closed.cpu_s,
            "handmade_cpu_s": by_hand.cpu_s,
            "cpu_ratio": closed.cpu_s / by_hand.cpu_s,
        }
    return pair, closed.memory


def close_by_workers(
    place: Place, database: str, accounts: int, size: int, label: str, *, processes: int = PROCESSES
) -> Closed:
    """Closes the month with one worker of `processes` processes, from the start of the run to its end."""
    environment = place.environment(database, SETTLE_LIMITS__RANGE_SIZE=str(size))
    worker = replace(CLOSING_WORKER, size=processes)
    with (
        place.store(database) as store,
        workers(worker, 1, environment=environment, logs=place.logs) as started,
        memory_of(started) as memory,
    ):
        pids = with_children(started)
        before = cpu_seconds(pids)
        run_id = start_run(place, store, environment, size, processes=processes)
        seconds = _wait_for_run(place, store, run_id, accounts, label)
        cpu_s = cpu_seconds([*pids, *place.server.backends(database)]) - before
    return Closed(seconds, cpu_s, memory.summary())


def start_run(
    place: Place, store: Store, environment: Mapping[str, str], size: int, *, processes: int = PROCESSES
) -> int:
    """Starts the run and wakes the workers' processes, as the tick does."""
    limits = MonthCloseLimits(range_size=size)
    policy = policy_of(load_settings())
    run_id, _ = start_month_close(store, Cycle(CYCLE), at=ISSUED_AT, policy=policy, limits=limits)
    with sender(place, environment) as app:
        for _ in range(processes):
            app.send_task(TASK, args=[run_id], queue=QUEUE, retry=False, ignore_result=True)
    return run_id


def run_seconds(run: RunView) -> float | None:
    """From the start of the run to its end, by its row; None while it works."""
    return None if run.finished_at is None else (run.finished_at - run.created_at).total_seconds()


def is_done(store: Store, run_id: int) -> bool:
    """Has the run come to its end."""
    with store.transaction() as tx:
        return runs.run(tx, run_id).state == "done"


def _wait_for_run(place: Place, store: Store, run_id: int, accounts: int, label: str) -> float:
    with place.progress.bar(label, accounts) as advance:
        shown = 0
        while True:
            with store.transaction() as tx:
                run = runs.run(tx, run_id)
            advance(run.accounts_done - shown)
            shown = run.accounts_done
            if run.ranges_failed:
                raise RuntimeError(f"a range of the month close failed: {run.failure}")
            seconds = run_seconds(run)
            if seconds is not None:
                return seconds
            time.sleep(_POLL_S)


def _measure_orm(place: Place, template: str, sample: int) -> dict[str, Any]:
    """One transaction per bill, on the first accounts of the same data; compared with hand-made SQL, row by row."""
    server = place.server
    with (
        server.database("handmade", template=template) as one,
        server.database("orm", template=template) as other,
    ):
        handmade.close_month(server.worker_url(one), sample, sessions=PROCESSES)
        server.checkpoint()
        with place.progress.bar(f"{sample:,} bills, one transaction each", None):
            seconds = orm.close_month(server.worker_url(other), range(1, sample + 1), processes=PROCESSES)
        same_rows(
            fingerprint(server.owner_url(one), accounts=(1, sample)),
            fingerprint(server.owner_url(other), accounts=(1, sample)),
            "one transaction per bill",
        )
    return {"bills": sample, "seconds": round(seconds, 3), "us_per_bill": round(seconds / sample * 1e6, 1)}


def same_rows(one: Any, other: Any, name: str) -> None:
    """Are the two the same.

    Raises:
        NotTheSameError: they are not; the message says in what.
    """
    found = differences(one, other)
    if found:
        raise NotTheSameError(f"{name} and the other side wrote different rows: " + "; ".join(found))


def _result(
    accounts: int,
    size: int,
    pairs: list[dict[str, float]],
    memories: list[dict[str, float]],
    per_bill: dict[str, Any] | None,
    load_before: float,
) -> dict[str, Any]:
    workers_s = [pair["workers_s"] for pair in pairs]
    result: dict[str, Any] = {
        "accounts": accounts,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "range_size": size,
        "processes": PROCESSES,
        "same_rows": True,
        "pairs": [{name: round(value, 3) for name, value in pair.items()} for pair in pairs],
        "ratio_median": round(statistics.median(pair["ratio"] for pair in pairs), 2),
        "ratio_of_minima": round(min(workers_s) / min(pair["handmade_s"] for pair in pairs), 2),
        "us_per_bill_median": round(statistics.median(workers_s) / accounts * 1e6, 1),
        "us_per_bill_min": round(min(workers_s) / accounts * 1e6, 1),
        "worker_memory": {
            name: max(memory.get(name, 0.0) for memory in memories)
            for name in (memories[0] if memories else {})
        },
        "load_average_before": load_before,
        "load_average_after": round(os.getloadavg()[0], 2),
    }
    if per_bill is not None:
        result["one_transaction_per_bill"] = per_bill | {
            "times_as_fast": round(per_bill["us_per_bill"] / result["us_per_bill_median"], 1)
        }
    return result

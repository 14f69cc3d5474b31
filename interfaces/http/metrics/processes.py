"""Metrics of the processes of all hosts, and of how long their work takes. Workers count in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from sqlalchemy import Connection

from interfaces.http.metrics.exposition import Family, Value, gauge, labelled
from settlement.queries.operating import processes
from settlement.queries.operating.processes import DurationView
from worker.heartbeat.durations import BOUNDS_S, TASK, TOP_UP
from worker.queues import ALL


def families(tx: Connection, *, silent_after_s: float) -> Iterator[Family]:
    """Who is at work on what, who is silent, whether they are alike; seconds of tasks and of top-ups."""
    cluster = processes.cluster(processes.processes(tx), silent_after_s=silent_after_s)
    yield labelled(
        "settle_workers", "Workers of all hosts that serve a queue and were seen of late.", "queue",
        [(queue, len(cluster.serving(queue))) for queue in ALL],
    )  # fmt: skip
    yield gauge("settle_beats", "Beats of all hosts that tick.", len(cluster.of_kind("beat")))
    yield gauge("settle_servers", "Servers of all hosts that answer.", len(cluster.of_kind("serve")))
    yield gauge(
        "settle_processes_silent", "Processes that ended without a word in the last hour, or hang.",
        len(cluster.silent),
    )  # fmt: skip
    yield gauge("settle_process_versions", "Versions of the program at work.", len(cluster.versions))
    yield gauge(
        "settle_process_settings", "Different settings that move money at work.", len(cluster.fingerprints)
    )
    found = processes.durations(tx)
    yield _histogram(
        "settle_task_seconds", "How long tasks took, by task.",
        [({"task": one.label}, one) for one in found if one.measure == TASK],
    )  # fmt: skip
    nothing = DurationView(TOP_UP, "", [], 0.0)
    top_ups = next((one for one in found if one.measure == TOP_UP), nothing)
    yield _histogram(
        "settle_top_up_settled_seconds", "From a top-up's arrival to its effect, committed.", [({}, top_ups)]
    )


def _histogram(name: str, meaning: str, rows: Iterable[tuple[Mapping[str, str], DurationView]]) -> Family:
    samples: list[tuple[str, Mapping[str, str], Value]] = []
    bounds = [*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"]
    for labels, row in rows:
        upward = list(accumulate(row.counts or [0] * len(bounds)))
        for bound, count in zip(bounds, upward, strict=True):
            samples.append((f"{name}_bucket", {**labels, "le": bound}, count))
        samples += [(f"{name}_sum", labels, row.seconds), (f"{name}_count", labels, upward[-1])]
    return Family(name, "histogram", meaning, tuple(samples))

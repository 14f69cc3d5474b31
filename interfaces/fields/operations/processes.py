"""Processes: those at work on all hosts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import duration

if TYPE_CHECKING:
    from settlement.queries.operating.processes import Cluster, ProcessView


def processes_of(cluster: Cluster) -> Fields[ProcessView]:
    """What is shown of each of them; one is running, or silent."""
    alive = {one.id for one in cluster.alive}
    return (
        Field("name", "process", lambda row: row.name),
        Field("kind", "", lambda row: row.kind),
        Field("state", "state", lambda row: "running" if row.id in alive else "silent"),
        Field("host", "host", lambda row: row.host),
        figure("pid", "pid", lambda row: row.pid, seen=lambda row: str(row.pid)),
        Field("queues", "queues", lambda row: list(row.queues), seen=lambda row: ", ".join(row.queues)),
        Field("version", "version", lambda row: row.version),
        Field("settings", "settings", lambda row: row.settings or None),
        Field("started_at", "started", lambda row: row.started_at),
        Field("seen_at", "", lambda row: row.seen_at),
        Field(
            "silent_s",
            "seen",
            lambda row: round(row.silent_s, 1),
            seen=lambda row: f"{duration(row.silent_s)} ago",
        ),
        Field("worked", "last work", lambda row: dict(row.worked), seen=lambda row: _last_work(row)[0]),
        Field("", "ended", lambda row: _last_work(row)[1]),
    )


def _last_work(row: ProcessView) -> tuple[str | None, datetime | None]:
    """The task that ended last, and when."""
    if not row.worked:
        return None, None
    task, at = max(row.worked.items(), key=lambda pair: pair[1])
    return task.removeprefix("tasks."), datetime.fromisoformat(at)

"""What a process writes down of itself: that it is there, what it did last, how long things took. Rule: R11.10."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from settlement.storage.sql.arrays import text_array

ProcessKind = Literal["worker", "beat", "serve"]

# What died without a word is on record for so long.
_KEPT = "1 hour"
_SEEN = text("""
    INSERT INTO process (id, host, pid, kind, name, queues, version, settings, worked)
    VALUES (:id, :host, :pid, CAST(:kind AS process_kind), :name, CAST(:queues AS text[]), :version, :settings,
            CAST(:worked AS jsonb))
    ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), settings = excluded.settings,
        worked = process.worked || excluded.worked""")
# Of a process of the pool: the one that it belongs to is on record.
_WORKED = text("UPDATE process SET worked = worked || CAST(:worked AS jsonb) WHERE id = :id")
_GONE = text("DELETE FROM process WHERE id = :id")
_TRIM = text(f"""
    DELETE FROM process WHERE id IN (
        SELECT id FROM process WHERE seen_at < clock_timestamp() - interval '{_KEPT}' FOR UPDATE SKIP LOCKED)""")
# In the order of the key, so that two at once do not wait for each other in a circle.
_ADD = text("""
    INSERT INTO duration (measure, label, counts, seconds)
    SELECT measure, label, CAST(counts AS bigint[]), seconds
    FROM unnest(CAST(:measures AS text[]), CAST(:labels AS text[]), CAST(:counts AS text[]),
                CAST(:seconds AS double precision[])) AS v (measure, label, counts, seconds)
    ORDER BY measure, label
    ON CONFLICT (measure, label) DO UPDATE SET seconds = duration.seconds + excluded.seconds, counts = ARRAY(
        SELECT coalesce(a, 0) + coalesce(b, 0)
        FROM unnest(duration.counts, excluded.counts) WITH ORDINALITY AS v (a, b, place) ORDER BY place)""")


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it says of itself. `queues`: those it serves; `name`: what stands before the `@` of a worker."""

    id: str
    host: str
    pid: int
    kind: ProcessKind
    name: str
    queues: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Durations:
    """How often something took how long, for one label: `counts` for each bound and beyond, `seconds` together."""

    measure: str
    label: str
    counts: tuple[int, ...]
    seconds: float


def seen(tx: Connection, process: Process, *, settings: str, worked: Mapping[str, str]) -> None:
    """It is there. `settings`: the fingerprint; `worked`: the instants at which tasks last ended, by task."""
    tx.execute(
        _SEEN,
        {
            "id": process.id, "host": process.host, "pid": process.pid, "kind": process.kind, "name": process.name,
            "queues": text_array(process.queues), "version": process.version, "settings": settings,
            "worked": json.dumps(dict(worked)),
        },
    )  # fmt: skip


def worked(tx: Connection, process_id: str, by_task: Mapping[str, str]) -> None:
    """A process of its pool has done tasks, each last at this instant."""
    tx.execute(_WORKED, {"id": process_id, "worked": json.dumps(dict(by_task))})


def gone(tx: Connection, process_id: str) -> None:
    """It has stopped on purpose."""
    tx.execute(_GONE, {"id": process_id})


def trim(tx: Connection) -> None:
    """Forgets those that died long ago."""
    tx.execute(_TRIM)


def add_durations(tx: Connection, durations: Sequence[Durations]) -> None:
    """Adds to the histograms."""
    if durations:
        tx.execute(
            _ADD,
            {
                "measures": text_array(one.measure for one in durations),
                "labels": text_array(one.label for one in durations),
                "counts": text_array("{" + ",".join(map(str, one.counts)) + "}" for one in durations),
                "seconds": [one.seconds for one in durations],
            },
        )

"""The processes of all hosts as they wrote themselves down, and how long their work takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, text

_PROCESSES = text("""
    SELECT CAST(id AS text), host, pid, kind, name, queues, version, settings, started_at, seen_at,
           CAST(extract(epoch FROM clock_timestamp() - seen_at) AS double precision), worked
    FROM process ORDER BY kind, name, host, pid, id""")
_DURATIONS = text("SELECT measure, label, counts, seconds FROM duration ORDER BY measure, label")


class ProcessView(NamedTuple):
    """A process. `settings`: a fingerprint of what decides in it who pays what and when, empty where nothing does;
    `silent_s`: seconds since it was seen last; `worked`: the instants (text, UTC) at which tasks last ended, by task.
    """

    id: str
    host: str
    pid: int
    kind: Literal["worker", "beat", "serve"]
    name: str
    queues: list[str]
    version: str
    settings: str
    started_at: datetime
    seen_at: datetime
    silent_s: float
    worked: Mapping[str, str]


class DurationView(NamedTuple):
    """How often something took how long: `counts` for each bound of its measure and beyond, `seconds` together."""

    measure: str
    label: str
    counts: list[int]
    seconds: float


class Cluster(NamedTuple):
    """Everybody who is or was at work. `alive`: seen of late; `silent`: they ended without a word, or hang."""

    alive: list[ProcessView]
    silent: list[ProcessView]

    @property
    def everybody(self) -> list[ProcessView]:
        """Those alive, then the silent ones."""
        return [*self.alive, *self.silent]

    def serving(self, queue: str) -> list[ProcessView]:
        """Those alive that serve a queue."""
        return [one for one in self.alive if queue in one.queues]

    def of_kind(self, kind: str) -> list[ProcessView]:
        """Those alive of a kind."""
        return [one for one in self.alive if one.kind == kind]

    @property
    def versions(self) -> list[str]:
        """The versions of the program that are at work."""
        return sorted({one.version for one in self.alive})

    @property
    def fingerprints(self) -> list[str]:
        """The fingerprints of settings that move money that are at work."""
        return sorted({one.settings for one in self.alive if one.settings})


def processes(tx: Connection) -> list[ProcessView]:
    """All on record, by kind, name and host."""
    return [ProcessView(*row) for row in tx.execute(_PROCESSES)]


def cluster(found: Iterable[ProcessView], *, silent_after_s: float) -> Cluster:
    """Who is alive and who is not. A silent one that was started again on its host is left out."""
    found = list(found)
    alive = [one for one in found if one.silent_s <= silent_after_s]
    silent = [
        one
        for one in found
        if one.silent_s > silent_after_s and not any(_replaces(new, one) for new in alive)
    ]
    return Cluster(alive, silent)


def _replaces(new: ProcessView, old: ProcessView) -> bool:
    """Was it started in the other one's place after that had gone silent."""
    same = (new.host, new.kind, new.name) == (old.host, old.kind, old.name)
    return same and new.started_at >= old.seen_at


def durations(tx: Connection) -> list[DurationView]:
    """Every histogram."""
    return [DurationView(*row) for row in tx.execute(_DURATIONS)]

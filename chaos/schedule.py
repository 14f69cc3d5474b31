"""What goes wrong and when: a pure function of the seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Workers = Mapping[str, tuple[str, ...]]
# Which worker serves which queues. Two serve the events, so that one can die while the other goes on.
FULL: Workers = {
    "events-1": ("events",),
    "events-2": ("events", "upkeep"),
    "month-close": ("month-close", "upkeep"),
    "collection": ("collection",),
}
SMALL: Workers = {"events-1": ("events", "upkeep"), "events-2": ("events", "month-close", "collection")}
BEATS = ("beat-1", "beat-2")
# The server that takes the gateways' webhooks in.
WEBHOOKS = "webhooks"
LINKS = ("broker", "database")

# In order of importance, with how often each is drawn: a short run has the first ones.
WEIGHTS = {
    "kill worker": 8,
    "lose the broker's memory": 2,
    "restart database": 3,
    "stop worker": 4,
    "terminate backends": 3,
    "kill webhook server": 2,
    "kill and restart broker": 3,
    "cut connections": 4,
    "delay connections": 3,
    "swallow packets": 2,
    "kill beat": 2,
    "double ticks": 2,
    "end worker": 2,
    "kill all workers": 1,
    "third beat": 1,
}
CLOCK = "move the clock over"

# The billing zone of the run has no summer time, so its instants can be written down.
ZONE = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `at` is its place in the run, 0 to 1; `target` a worker, a beat, a link, or an instant (ISO 8601)."""

    at: float
    kind: str
    target: str = ""
    for_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Calendar:
    """The time of the test clock: from a week before the first issuance until a day after the last one."""

    months: int

    @property
    def start(self) -> datetime:
        """Where the clock stands when the run begins."""
        return datetime(2026, 10, 27, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Where it stands when the last fault is over."""
        return self._issuance(self.months - 1) + timedelta(days=1)

    def at(self, fraction: float) -> datetime:
        """Where the clock stands at this place of the run, jumps left out."""
        return self.start + (self.end - self.start) * min(fraction, 1.0)

    def place_of(self, instant: datetime) -> float:
        """The inverse of `at`."""
        return (instant - self.start) / (self.end - self.start)

    def jumps(self) -> list[tuple[str, datetime]]:
        """The instants that the clock jumps over: every sweep, month end and issuance."""
        found = []
        for month in range(self.months):
            first = _first_of(month + 1) - ZONE
            found.append(("sweep", first - timedelta(hours=1)))
            found.append(("month end", first))
            found.append(("issuance", self._issuance(month)))
        return found

    def _issuance(self, month: int) -> datetime:
        """Noon of the second day of the month after, billing zone."""
        return _first_of(month + 1) + timedelta(days=1, hours=12) - ZONE


def _first_of(months_after_october: int) -> datetime:
    month = 9 + months_after_october
    return datetime(2026 + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def schedule(seed: int, faults: int, calendar: Calendar, workers: Workers = FULL) -> list[Fault]:
    """So many faults, the moves of the clock among them, in the order of the run."""
    chance = random.Random(f"{seed}/faults")
    moves = [
        Fault(max(0.0, calendar.place_of(instant) - 0.01), f"{CLOCK} {what}", instant.isoformat())
        for what, instant in calendar.jumps()
    ]
    count = max(0, faults - len(moves))
    kinds = [*WEIGHTS][:count]
    kinds += chance.choices([*WEIGHTS], [*WEIGHTS.values()], k=count - len(kinds))
    chance.shuffle(kinds)
    others = [
        _fault((place + chance.random()) / count * 0.98, kind, [*workers], chance)
        for place, kind in enumerate(kinds)
    ]
    return sorted([*moves, *others], key=lambda fault: fault.at)


def _fault(at: float, kind: str, workers: list[str], chance: random.Random) -> Fault:
    if kind in {"kill worker", "end worker"}:
        return Fault(at, kind, chance.choice(workers))
    if kind == "stop worker":
        return Fault(at, kind, chance.choice(workers), chance.uniform(1, 6))
    if kind == "cut connections":
        return Fault(at, kind, chance.choice(LINKS))
    if kind == "delay connections":
        return Fault(at, kind, chance.choice(LINKS), chance.uniform(2, 5))
    if kind == "swallow packets":
        return Fault(at, kind, chance.choice(LINKS), chance.uniform(2, 6))
    if kind == "kill beat":
        return Fault(at, kind, chance.choice(BEATS))
    if kind == "kill webhook server":
        return Fault(at, kind, WEBHOOKS)
    if kind == "third beat":
        return Fault(at, kind, for_s=chance.uniform(4, 8))
    if kind in {"kill and restart broker", "lose the broker's memory", "restart database"}:
        return Fault(at, kind, for_s=chance.uniform(0, 2))
    return Fault(at, kind)

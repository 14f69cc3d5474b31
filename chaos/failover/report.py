"""The report of a run of failovers."""

from __future__ import annotations

from chaos.failover.run import Outcome


def as_text(outcome: Outcome, done: str) -> str:
    """What became of the events, what the audit found, and how long nothing was booked. `done`: what was, each time."""
    gaps = ", ".join(f"{gap:g}" for gap in outcome.gaps_s)
    lines = [
        f"{outcome.events:,} events, {outcome.failovers} {done}",
        f"{outcome.lost:,} lost, {outcome.doubled:,} doubled",
        f"the audit found {outcome.faults:,} faults",
        f"nothing was booked for {gaps} s",
        *((f"{outcome.unpublished:,} announcements were never published",) if outcome.unpublished else ()),
        *(() if outcome.is_good else ("found wanting",)),
    ]
    return "\n".join(lines) + "\n"

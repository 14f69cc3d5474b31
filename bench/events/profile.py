"""Where the CPU time of an event goes: in this process alone, without a broker or worker, by what is done and by whom.

Each event is a top-up that settles a bill, as it comes by the stream: JSON text, recorded as many at a time as a reader
takes from the stream; then all of them are drained as a worker does that finds them waiting.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from bench.events.doors import top_ups
from bench.events.throughput import DEBTORS
from bench.place.place import Place
from bench.place.stages import Parts, stages
from bench.place.usage import cpu_seconds, spared_by_the_collector
from config.settings import load_settings
from settlement.events.envelope import arrival_of
from settlement.operations import settle
from settlement.operations.inbox import drain as drains
from settlement.operations.inbox import receive
from settlement.operations.inbox.commands import RowCommands
from settlement.operations.inbox.drain import DrainLimits, drain
from settlement.proof import changes as proof
from settlement.storage.store import Store
from settlement.storage.work import inbox
from worker.policies.policy import policy_of
from worker.runtime import host_now

_STAGES: Parts = {
    "insert": ((receive, "receive"),),
    "claim": ((inbox, "claim"),),
    # Who else an event is about is asked first while events are claimed, and answered by reading all of them.
    "parse": ((inbox, "_in_order"), (RowCommands, "commands")),
    "scope": ((drains, "permitted"), (drains, "scope_of")),
    "load": ((settle, "load"),),
    "plan": ((drains, "plan_events"),),
    "check": ((proof, "check"),),
    "apply": ((settle, "apply"),),
}


def measure(place: Place, events: int, *, repeats: int, seed: int) -> dict[str, float]:
    """CPU time per event, µs: of each stage, of everything else in Python, and of the database where its sessions are
    processes of this machine, while events are recorded and while they are settled. The least of the repeats for each.

    Raises:
        RuntimeError: not every event was settled.
    """
    return place.profiled(
        "event_profile", events, "events", lambda database: _profile(place, database, events), repeats=repeats,
        seed=seed, mix=DEBTORS,
    )  # fmt: skip


def _profile(place: Place, database: str, count: int) -> dict[str, float]:
    messages = [
        json.dumps(event).encode() for event in top_ups(place.server.worker_url(database), 1, count, name="e")
    ]
    with place.store(database) as store, spared_by_the_collector(), stages(_STAGES) as used:
        with store.transaction():
            # So that there is a session.
            pass
        sessions = place.server.backends(database)
        python_s, at_first = time.process_time(), cpu_seconds(sessions)
        read_s = _record(store, messages)
        recorded = cpu_seconds(sessions)
        _drain_all(store, count)
        python_s, drained = time.process_time() - python_s, cpu_seconds(sessions)
    seconds = {"read": read_s, **used}
    seconds |= {"all else": python_s - sum(seconds.values()), "Python": python_s}
    if sessions:
        seconds |= {"PostgreSQL, recording": recorded - at_first, "PostgreSQL, settling": drained - recorded}
    return {name: used_s / count * 1e6 for name, used_s in seconds.items()}


def _record(store: Store, messages: Sequence[bytes]) -> float:
    """Records them as a reader of the stream does. The time that reading them has taken."""
    batch, read_s = load_settings().limits.stream_batch, 0.0
    for start in range(0, len(messages), batch):
        began = time.process_time()
        arrivals = [arrival_of(message, ingress="stream") for message in messages[start : start + batch]]
        read_s += time.process_time() - began
        receive.record_arrivals(store, arrivals, ingress="stream")
    return read_s


def _drain_all(store: Store, count: int) -> None:
    settings = load_settings()
    policy, size = policy_of(settings), settings.limits.drain_size
    settled = 0
    while (done := drain(store, at=host_now(), policy=policy, limits=DrainLimits(size, size))).events:
        settled += done.events - done.refused
    if settled != count:
        raise RuntimeError(f"{settled} of {count} events were settled")

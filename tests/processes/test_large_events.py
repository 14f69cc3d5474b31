"""Events that are large: few at a time, in little memory, and in nobody's way. Rule: R11.8."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.running.processes import Deployment, Process, event, opened, top_up, wait_for

MOST_MB = 400
# In full size they take half an hour: docs/reliability.md has the figures.
FULL = bool(os.environ.get("LARGE_EVENTS"))
EVENTS, ENTRIES = (330, 280) if FULL else (24, 60)
PATIENCE_S = 3600.0 if FULL else 150.0


def _peak_mb(process: Process) -> int:
    status = Path(f"/proc/{process.popen.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def _fees(account: str, number: int, lines: int) -> dict[str, Any]:
    fees = [
        {
            "id": f"{account}-{number}-{line}",
            "amount": "0.0001",
            "currency": "USD",
            "product": "ECS",
            "order_id": f"order-{line}",
            "incurred_at": "2026-10-10T00:00:00Z",
        }
        for line in range(lines)
    ]
    return event("fees", account, f"fees-{account}-{number}", fees=fees)


@pytest.mark.slow
def test_many_fees_at_once_keep_no_top_up_waiting_and_take_little_memory(made: Deployment) -> None:
    """330 of these once kept one drain busy for ever, with 5.7 GB, and whatever came after them waiting."""
    made.insert(opened("large"), opened("small"))
    made.insert(*(_fees("large", number, 10_000) for number in range(EVENTS)))
    made.insert(top_up("small", 1))
    worker = made.worker("events", "events", "upkeep")
    wait_for(lambda: made.cash_minor("small") == 10_00, worker)
    made.beat("beat")
    wait_for(
        lambda: made.one("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 0,
        worker,
        patience_s=PATIENCE_S,
    )
    assert made.one("SELECT count(*) FROM fee") == EVENTS * 10_000
    # The second account was not kept until the first one's fees were through.
    later = "SELECT count(*) FROM inbox WHERE type = 'fees' AND finished_at > ({})"
    assert made.one(later.format("SELECT finished_at FROM inbox WHERE type = 'top_up'")) > EVENTS // 2
    assert _peak_mb(worker) <= MOST_MB


@pytest.mark.slow
def test_large_entries_of_the_stream_take_little_memory(made: Deployment) -> None:
    """280 of these once came in one answer of the broker, and took 7 GB."""
    large = {"source": "s", "type": "fees", "account": "a", "data": {"fees": [], "note": "x" * 3_800_000}}
    for number in range(ENTRIES):
        made.redis.xadd(made.stream, {"event": json.dumps(large | {"event_id": f"l{number}"})})
    made.add(opened("behind"))
    worker = made.worker("events", "events")
    wait_for(lambda: made.cash_minor("behind") == 0, worker, patience_s=PATIENCE_S)
    assert made.one("SELECT count(*) FROM inbox") == ENTRIES + 1
    assert _peak_mb(worker) <= MOST_MB


@pytest.mark.slow
def test_large_messages_by_name_take_little_memory(made: Deployment) -> None:
    """As many threads as a deployment has, each with a message of the greatest length that an event may have."""
    large = {"source": "s", "type": "fees", "account": "a", "data": {"fees": [], "note": "x" * 3_800_000}}
    for number in range(ENTRIES):
        made.send("tasks.events.receive", large | {"event_id": f"l{number}"})
    made.send("tasks.events.receive", opened("behind"))
    worker = made.worker("events", "events", size=32)
    wait_for(lambda: made.cash_minor("behind") == 0, worker, patience_s=PATIENCE_S)
    wait_for(lambda: made.one("SELECT count(*) FROM inbox") == ENTRIES + 1, worker, patience_s=PATIENCE_S)
    assert _peak_mb(worker) <= MOST_MB

"""Top-up events: per second, door by door, and how long one takes."""

from __future__ import annotations

import statistics
from typing import Any

from bench.events import latency
from bench.events.table import DOORS
from bench.events.throughput import DEBTORS, NOOP_WORKERS, event_rate, noop_rate
from bench.month_close.data import Mix
from bench.place.place import Place
from config.settings import load_settings


def measure(
    place: Place, *, events: int, accounts: int, repeats: int, processes: int, samples: int, seed: int
) -> dict[str, Any]:
    """Throughput and latency. `accounts` is the size of the month close during which latency is measured too."""
    with place.loaded("debtors", events, seed=seed, mix=DEBTORS) as template:
        throughput = _throughput(place, template, events=events, repeats=repeats, processes=processes)
        found = {
            door.name: {
                "idle": latency.idle(place, template, door.by, samples=samples),
                "half load": latency.half_load(
                    place, template, door.by, samples=samples, full_rate=throughput[door.name]["per_s"] / processes,
                    accounts=events - samples * 2,
                ),
            }
            for door in DOORS
            if door.followed
        }  # fmt: skip
    with place.loaded("closing", accounts, seed=seed, mix=Mix()) as template:
        range_size = load_settings().limits.range_size
        for door in DOORS:
            if door.followed:
                found[door.name][f"month close of {accounts:,}"] = latency.during_month_close(
                    place, template, door.by, accounts=accounts, range_size=range_size
                )
    return {"events": events, "worker_processes": processes, "throughput": throughput, "latency": found}


def _throughput(
    place: Place, template: str, *, events: int, repeats: int, processes: int
) -> dict[str, dict[str, Any]]:
    """Medians over the repeats; everything is measured once before anything is measured again."""
    rates: dict[str, list[float]] = {}
    for number in range(repeats):
        for pool, command in NOOP_WORKERS.items():
            rate = noop_rate(place, command, processes=processes, tasks=events // 2, name=f"{pool}_{number}")
            rates.setdefault(f"noop_{pool}", []).append(rate)
        for door in DOORS:
            rate = event_rate(
                place, template, door, processes=processes, events=events, name=f"{door.name}-{number}"
            )
            rates.setdefault(door.name, []).append(rate)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    # Against the pool in which Celery is faster.
    noop = max(rate for name, rate in medians.items() if name.startswith("noop_"))
    return {
        name: {
            "per_s": round(rate, 1),
            "each": [round(value, 1) for value in rates[name]],
            "ratio_to_noop": round(rate / noop, 2),
        }
        for name, rate in medians.items()
    }

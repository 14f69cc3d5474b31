"""CPU time and memory of processes. Beside a busy neighbour the CPU time says more than the clock does."""

from __future__ import annotations

import gc
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

from worker.lifecycle import COLLECTOR_THRESHOLDS

_SAMPLE_EVERY_S = 0.25


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these processes have used since they began, in seconds; ended ones count nothing."""
    seconds = 0.0
    for pid in pids:
        with suppress(psutil.Error):
            used = psutil.Process(pid).cpu_times()
            seconds += used.user + used.system
    return seconds


def with_children(processes: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    """The ids of these processes and of their children."""
    pids = []
    for process in processes:
        pids.append(process.pid)
        with suppress(psutil.Error):
            pids += [child.pid for child in psutil.Process(process.pid).children()]
    return pids


@dataclass(slots=True)
class Memory:
    """Resident memory of each process of some workers, in MB, sampled while they worked."""

    samples: dict[int, list[float]] = field(default_factory=dict)

    def summary(self) -> dict[str, float]:
        """The largest process, and how much the one that grew most grew after its first third."""
        series = list(self.samples.values())
        if not series:
            return {}
        growth = [max(values) - max(values[: max(1, len(values) // 3)]) for values in series]
        return {
            "largest_mb": round(max(map(max, series)), 1),
            "growth_after_first_third_mb": round(max(growth), 1),
        }


@contextmanager
def memory_of(processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[Memory]:
    """Samples the memory of the processes and their children while the block runs."""
    memory = Memory()
    over = threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_EVERY_S):
            for pid in with_children(processes):
                with suppress(psutil.Error):
                    # One that has ended and was not waited for has none.
                    if resident := psutil.Process(pid).memory_info().rss:
                        memory.samples.setdefault(pid, []).append(resident / 2**20)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


@contextmanager
def spared_by_the_collector() -> Iterator[None]:
    """While the block runs, the collector of garbage looks as seldom as in a worker."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

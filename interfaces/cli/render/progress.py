"""How far something is, how fast, and how long it still takes: a bar on a terminal, a line now and then in a log.

Everything here goes to standard error, so that a result in a pipe stays clean.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from interfaces.cli.render.output import is_terminal
from interfaces.fields.values import duration
from settlement.errors import Unavailable

# Without a terminal a line is written this often at most.
PLAIN_EVERY_S = 5.0
LIVE_EVERY_S = 0.5
BYTES = "bytes"


class Reading(NamedTuple):
    """How far something is. `total` is None while nobody knows it; `note` says what no number does."""

    done: float
    total: float | None = None
    note: str = ""


class Meter(Protocol):
    """Shows readings."""

    def show(self, reading: Reading) -> None:
        """The newest reading; cheap enough to call for every batch."""


@contextmanager
def metered(label: str, *, unit: str) -> Iterator[Meter]:
    """A meter for the length of a block. `unit` names what is counted, in the plural; `bytes` are shown as sizes."""
    if not is_terminal(sys.stderr):
        yield _PlainMeter(label, unit)
        return
    from interfaces.cli.render.progress_bar import progress_bar

    with progress_bar(label, rate=lambda speed: f"{_counted(speed, unit)}/s") as bar:
        yield bar


@contextmanager
def watched(meter: Meter, read: Callable[[], Reading]) -> Iterator[None]:
    """Shows what `read` says while the block works. `read` runs on a thread of its own."""
    ended = threading.Event()
    every_s = LIVE_EVERY_S if is_terminal(sys.stderr) else PLAIN_EVERY_S

    def poll() -> None:
        while not ended.wait(every_s):
            try:
                meter.show(read())
            except Unavailable:
                # The work itself meets the same outage and says so.
                continue

    thread = threading.Thread(target=poll, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class _PlainMeter:
    def __init__(self, label: str, unit: str) -> None:
        self._label = label
        self._unit = unit
        self._began = self._written = time.monotonic()

    def show(self, reading: Reading) -> None:
        now = time.monotonic()
        if now - self._written < PLAIN_EVERY_S:
            return
        self._written = now
        rate = reading.done / (now - self._began)
        parts = [f"{_counted(reading.done, self._unit)}", f"{_counted(rate, self._unit)}/s"]
        if reading.total:
            parts.insert(1, f"{100 * reading.done / reading.total:.0f} %")
            if rate:
                parts.append(f"{duration((reading.total - reading.done) / rate)} left")
        if reading.note:
            parts.append(reading.note)
        print(f"{self._label}: {', '.join(parts)}", file=sys.stderr, flush=True)


def _counted(count: float, unit: str) -> str:
    if unit != BYTES:
        return f"{count:,.0f} {unit}"
    from rich.filesize import decimal

    return decimal(int(count))

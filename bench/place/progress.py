"""Progress on the terminal: what runs, how fast, how long still; plain lines where nobody watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress
from rich.text import Text


class _Rate(ProgressColumn):
    """Steps per second."""

    def render(self, task: Task) -> Text:
        """The rate, or nothing where it is unknown."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed and task.total else "")


class Progress:
    """Draws one bar at a time on standard error."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)

    @contextmanager
    def bar(self, label: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar for `total` steps (a spinner without); hands out the function that advances it. Safe in threads."""
        lock = threading.Lock()
        if not self._console.is_terminal:
            self._console.print(label, highlight=False)
            yield lambda _: None
            return
        with RichProgress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(),
            TimeElapsedColumn(), TimeRemainingColumn(), console=self._console,
        ) as shown:  # fmt: skip
            task = shown.add_task(label, total=total)

            def advance(steps: int) -> None:
                with lock:
                    shown.advance(task, steps)

            yield advance

"""The bar of `progress` on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text


class Reading(Protocol):
    """How far something is, as `progress` reads it; `total` is None while nobody knows it."""

    @property
    def done(self) -> float: ...
    @property
    def total(self) -> float | None: ...
    @property
    def note(self) -> str: ...


@contextmanager
def progress_bar(label: str, *, rate: Callable[[float], str]) -> Iterator[Bar]:
    """A bar for the length of a block, gone afterwards. `rate` writes how much is done in a second."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), _Percent(), TextColumn("{task.fields[note]}"), _Rate(rate),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, progress.add_task(label, total=None, note=""))


class Bar:
    """Shows readings."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, reading: Reading) -> None:
        """The newest reading."""
        self._progress.update(self._task, completed=reading.done, total=reading.total, note=reading.note)


class _Percent(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text("" if task.total is None else f"{task.percentage:3.0f} %")


class _Rate(ProgressColumn):
    def __init__(self, rate: Callable[[float], str]) -> None:
        self._written = rate
        super().__init__()

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else self._written(speed))

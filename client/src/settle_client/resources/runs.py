"""Operations of the API: runs.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, overload

from settle_client import models
from settle_client.operations import runs as operations
from settle_client.pages import Page
from settle_client.wire import Resource


class Runs(Resource):
    """Operations: start_run, pause_run, resume_run, get_run, list_runs, list_slots."""

    @overload
    def start(
        self,
        *,
        kind: Literal["month_close", "month_end_sweep", "threshold_check"],
        cycle: str | None = None,
        accounts: Sequence[str] | None = None,
        dry_run: Literal[False] = False,
    ) -> models.StartedRun: ...
    @overload
    def start(
        self,
        *,
        kind: Literal["month_close", "month_end_sweep", "threshold_check"],
        cycle: str | None = None,
        accounts: Sequence[str] | None = None,
        dry_run: Literal[True],
    ) -> models.RunPreview: ...
    def start(
        self,
        *,
        kind: Literal["month_close", "month_end_sweep", "threshold_check"],
        cycle: str | None = None,
        accounts: Sequence[str] | None = None,
        dry_run: bool = False,
    ) -> models.StartedRun | models.RunPreview:
        """Starts a month close, a month-end sweep or a look at thresholds, or finds it. `dry_run`: only what it would
        come to, and nothing is kept.
        """
        sent = operations.start_run(kind, cycle, accounts, dry_run or None)
        if dry_run:
            return self._wire.one(models.RunPreview, sent)
        return self._wire.one(models.StartedRun, sent)

    def pause(self, run: str) -> models.Run:
        """Hands out no more of a run."""
        return self._wire.one(models.Run, operations.pause_run(run))

    def resume(self, run: str) -> models.Run:
        """Lets a paused run go on, and tries again what failed."""
        return self._wire.one(models.Run, operations.resume_run(run))

    def get(self, run: str) -> models.Run:
        """A run: progress, and what it came to so far."""
        return self._wire.one(models.Run, operations.get_run(run))

    def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Run]:
        """Runs, the newest first. One page."""
        return self._wire.page(models.Run, "runs", operations.list_runs(limit, after))

    def each(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.Run]:
        """Runs, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(models.Run, "runs", operations.list_runs(limit, after))

    def csv(self, *, after: str | None = None) -> Iterator[bytes]:
        """Runs, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_runs(None, after))

    def list_slots(
        self, *, limit: int | None = None, after: str | None = None, owed: bool | None = None
    ) -> Page[models.Slot]:
        """Instants of the calendar, the newest first, with what became of each. One page."""
        return self._wire.page(models.Slot, "slots", operations.list_slots(limit, after, owed))

    def each_slots(
        self, *, limit: int = 1000, after: str | None = None, owed: bool | None = None
    ) -> Iterator[models.Slot]:
        """Instants of the calendar, the newest first, with what became of each. All of them, page by page as they are
        taken.
        """
        return self._wire.each(models.Slot, "slots", operations.list_slots(limit, after, owed))

    def csv_slots(self, *, after: str | None = None, owed: bool | None = None) -> Iterator[bytes]:
        """Instants of the calendar, the newest first, with what became of each. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_slots(None, after, owed))

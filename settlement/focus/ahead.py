"""Reads the next batch of an export while the one before it is booked: what reads waits for no database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from settlement.focus.lines import Batch


def read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, of which two are in memory at once. What reading raises comes after the batches before it."""
    with ThreadPoolExecutor(1, "read-ahead") as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch

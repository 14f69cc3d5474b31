"""Exports written by hand for the tests of the reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from settlement.errors import Refused
from settlement.focus import Batch, FeeLine, RefusedLine, read

HEADER = ("BillingAccountId", "BilledCost", "BillingCurrency", "ChargePeriodStart", "ServiceName")
ROW = ("A1", "12.5", "USD", "2026-10-03T04:00:00Z", "Compute")


def row(**cells: str) -> tuple[str, ...]:
    """A good row, with the named cells replaced."""
    return tuple({**dict(zip(HEADER, ROW, strict=True)), **cells}.values())


def csv_text(*rows: Sequence[str], header: Sequence[str] = HEADER) -> str:
    return "".join(",".join(cells) + "\n" for cells in (header, *rows))


def write(folder: Path, content: str | bytes, name: str = "export") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def accepted(batches: Iterable[Batch]) -> list[FeeLine]:
    return [line for batch in batches for line in batch.accepted]


def refused(batches: Iterable[Batch]) -> list[RefusedLine]:
    return [line for batch in batches for line in batch.refused]


def fees(folder: Path, content: str | bytes, **options: Any) -> list[FeeLine]:
    """The fees of an export in which nothing is refused."""
    batches = list(read(write(folder, content), **options))
    assert not refused(batches)
    return accepted(batches)


def refusals(folder: Path, content: str | bytes) -> list[RefusedLine]:
    return refused(read(write(folder, content)))


def until_refused(batches: Iterator[Batch]) -> tuple[list[Batch], Refused]:
    """All batches before the file is refused, and the refusal."""
    delivered: list[Batch] = []
    try:
        delivered += batches
    except Refused as refusal:
        return delivered, refusal
    raise AssertionError("the file was read to its end")

"""Rows written the way a provider writes them, as CSV, gzipped CSV or Parquet. The same rows make the same bytes."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from sandbox.demo.focus_styles import Style

Cells = dict[str, str]
"""One row: column name to text; a column that is not there has no value."""

TRUNCATED = "\0truncated"
"""A row with this cell breaks off after a few fields. CSV only."""

_CHUNK_ROWS = 10_000


class _Bare(str):
    """A text the csv module writes as it writes numbers, without quotes: it asks for `__float__` to tell them."""

    __slots__ = ()

    def __float__(self) -> float:
        raise NotImplementedError


def _is_quantity(column: str) -> bool:
    return column.endswith(("Cost", "Quantity", "UnitPrice"))


def write_csv(path: Path, style: Style, columns: list[str], rows: Iterator[Cells], *, packed: bool) -> None:
    """Writes the rows as CSV, through gzip if `packed`, with the style's quoting, line ends and word for nothing."""
    quantities = [_is_quantity(name) for name in columns]
    null = _Bare(style.null)
    with _text(path, packed=packed, encoding="utf-8-sig" if style.byte_order_mark else "utf-8") as file:
        writer = csv.writer(file, quoting=style.quoting, lineterminator=style.line_end)
        writer.writerow(columns)
        for cells in rows:
            texts = [cells.get(name, "") for name in columns]
            row = [
                null if not text else _Bare(text) if quantity else text
                for text, quantity in zip(texts, quantities, strict=True)
            ]
            writer.writerow(row[:7] if TRUNCATED in cells else row)


@contextmanager
def _text(path: Path, *, packed: bool, encoding: str) -> Iterator[TextIO]:
    with path.open("wb") as raw:
        if not packed:
            with io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
                yield text
            return
        # Without a name and a time in it, the same rows make the same bytes.
        with (
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped,
            io.TextIOWrapper(zipped, encoding=encoding, newline="") as text,
        ):
            yield text


def write_parquet(path: Path, style: Style, columns: list[str], rows: Iterator[Cells]) -> None:
    """Writes the rows as Parquet with the style's types. Needs the extra `parquet`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, _parquet_type(name, style)) for name in columns])
    with pq.ParquetWriter(path, schema) as writer:
        while chunk := list(islice(rows, _CHUNK_ROWS)):
            arrays = [
                pa.array([_typed(cells.get(column.name, ""), column, style) for cells in chunk], column.type)
                for column in schema
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _parquet_type(name: str, style: Style) -> Any:
    import pyarrow as pa

    if _is_quantity(name) and not name.startswith("oci_"):
        return pa.float64() if style.parquet_cost == "double" else pa.decimal128(38, 12)
    if name.endswith(("PeriodStart", "PeriodEnd")):
        return {"us_utc": pa.timestamp("us", "UTC"), "ms_plain": pa.timestamp("ms"), "text": pa.string()}[
            style.parquet_instant
        ]
    if name == "Tags" and style.parquet_cost == "double":
        return pa.map_(pa.string(), pa.string())
    return pa.string()


def _typed(text: str, column: Any, style: Style) -> object:
    """A cell as the Python value of its Parquet type."""
    from pyarrow import types

    if not text:
        return None
    if types.is_floating(column.type):
        return float(text)
    if types.is_decimal(column.type):
        return Decimal(text)
    if types.is_timestamp(column.type):
        moment = datetime.strptime(text, style.instant).replace(tzinfo=UTC)
        return moment if column.type.tz else moment.replace(tzinfo=None)
    if types.is_map(column.type):
        return list(json.loads(text).items())
    return text

"""Rows of Parquet files, through pyarrow (the extra `parquet`), turned into the text a CSV would hold.

Text keeps one path for every format. Binary fractions are written as the shortest text that reads back as the same one
of their own width, so a cost of 0.1 is the decimal 0.1 and not the 55 digits the double stands for, nor the 17 that a
narrower one has as a double. Whole numbers have no point, whatever type a table kept them in, since an account number
with a gap above it becomes a column of doubles. NaN, the gap, is missing. Timestamps are UTC to the microsecond, and
maps and lists are JSON with sorted keys.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from settlement.errors import Refused
from settlement.focus.columns import ColumnNames, Columns, locate
from settlement.focus.lines import BATCH_CHARACTERS, RAW_LIMIT, Batch, FeeLine, RefusedLine, characters
from settlement.focus.rows import row_to_fee
from settlement.focus.text_file import without_marks
from settlement.focus.values import RowRefused

PARQUET_MAGIC = b"PAR1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BUFFER_BYTES = 1 << 20
# Rows unpacked at a time, where they are not large.
_SLICE_ROWS = 20_000
_SLICE_BYTES = 8_000_000
# By width in bits: from where on a binary fraction no longer holds every whole number.
_EXACT_BELOW = {16: 2.0**11, 32: 2.0**24, 64: 2.0**53}
# By width in bits: the form of `struct`, and how many digits may be needed.
_NARROW = {16: ("e", range(1, 6)), 32: ("f", range(1, 10))}


def read_header(path: Path, names: ColumnNames) -> Columns:
    """The columns of the file.

    Raises:
        Refused: pyarrow is not installed, the file is no Parquet file, or its columns will not do.
    """
    with _open(path) as file:
        return locate(file.schema_arrow.names, names, str(path))


def read_batches(path: Path, columns: Columns, total_bytes: int, batch_rows: int) -> Iterator[Batch]:
    """All rows in batches. Where the file breaks off, what was read has been yielded before the refusal is raised."""
    with _open(path) as file:
        # No column is unpacked that neither the fee nor its identity is made of.
        names = [file.schema_arrow.names[position] for position in columns.read()]
        columns = locate(names, columns.names, str(path))
        to_fee = row_to_fee(columns)
        total_rows = file.metadata.num_rows
        accepted: list[FeeLine] = []
        refused: list[RefusedLine] = []
        room, row = BATCH_CHARACTERS, 0

        def batch() -> Batch:
            read = total_bytes * row // total_rows if total_rows else total_bytes
            return Batch(accepted, refused, len(accepted) + len(refused), read, total_bytes)

        try:
            slices = _slices(file, names, columns.account)
            for row, cells in enumerate(chain.from_iterable(slices), 1):
                try:
                    fee = to_fee(row, cells)
                    accepted.append(fee)
                    room -= characters(fee)
                except RowRefused as fault:
                    refused.append(RefusedLine(row, str(fault), ",".join(cells)[:RAW_LIMIT]))
                if room <= 0 or len(accepted) + len(refused) == batch_rows:
                    yield batch()
                    accepted, refused, room = [], [], BATCH_CHARACTERS
        except Exception:
            if accepted or refused:
                yield batch()
            raise
        if accepted or refused or not total_rows:
            yield batch()


def _slices(file: Any, names: list[str], at_account: int | None) -> Iterator[Iterable[tuple[str, ...]]]:
    """The rows as cells of text, few at a time where they are large, which their group says."""
    for group in range(file.num_row_groups):
        size, rows = _size(file.metadata.row_group(group), names)
        at_once = max(1, min(_SLICE_ROWS, _SLICE_BYTES * rows // max(size, 1)))
        for table in file.iter_batches(at_once, row_groups=[group], columns=names, use_threads=False):
            texts = [column_text(one, is_account=at == at_account) for at, one in enumerate(table.columns)]
            yield zip(*texts, strict=True)


def _size(group: Any, names: Collection[str]) -> tuple[int, int]:
    """The bytes of some columns of a group of rows, unpacked, and how many rows it has."""
    columns = (group.column(number) for number in range(group.num_columns))
    return (
        sum(one.total_uncompressed_size for one in columns if one.path_in_schema.split(".")[0] in names),
        group.num_rows,
    )


def read_cells(path: Path, account: str) -> tuple[list[str], Iterator[tuple[int, float, tuple[str, ...]]]]:
    """The names of all columns, and the rows: a row's number (from 1), what part of the file is read with it (0 to 1),
    and its cells as text. `account`: the column by whose digits accounts are known.
    """
    with _open(path) as file:
        names = [without_marks(name) for name in file.schema_arrow.names]
    at_account = next((at for at, name in enumerate(names) if name.strip() == account), None)

    def rows() -> Iterator[tuple[int, float, tuple[str, ...]]]:
        with _open(path) as file:
            slices = _slices(file, file.schema_arrow.names, at_account)
            for number, cells in enumerate(chain.from_iterable(slices), 1):
                yield number, number / file.metadata.num_rows, cells

    return names, rows()


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise Refused(
            "parquet_not_installed",
            f"{path}: reading Parquet needs pyarrow; install it with: pip install 'settle-worker[parquet]'",
        ) from None
    try:
        # Buffered and not read ahead: memory holds a page of each column, not a row group.
        options: dict[str, Any] = {"buffer_size": _BUFFER_BYTES, "pre_buffer": False}
        with pq.ParquetFile(path, **options) as file:
            shared = _shared(file)
        with pq.ParquetFile(path, read_dictionary=shared, **options) as file:
            yield file
    except (pa.ArrowException, OSError) as fault:
        raise Refused("parquet_broken", f"{path}: broken Parquet file: {_one_line(fault)}") from None


def _shared(file: Any) -> list[str]:
    """The columns of texts that take little room. A long text may be kept once there and named in every row: read as
    it is kept, it takes no more room in memory either.
    """
    texts = [one.name for one in file.schema_arrow if _is_text(one.type)]
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    return [name for name in texts if all(_size(group, [name])[0] <= _SLICE_BYTES for group in groups)]


def _one_line(fault: Exception) -> str:
    return " ".join(str(fault).split())[:200]


def column_text(column: Any, *, is_account: bool) -> list[str]:
    """A column as text, one per row; '' for null. Of accounts, a number that may have been rounded to fit a binary
    fraction is written with an exponent, by which it is refused.
    """
    import pyarrow as pa

    if _repeats(column.type):
        column = column.dictionary_encode()
    if not pa.types.is_dictionary(column.type):
        return _written(column, is_account=is_account)
    # Each distinct value is written once. The last place is the text of null.
    texts = [*_written(column.dictionary, is_account=is_account), ""]
    return [texts[-1 if index is None else index] for index in column.indices.to_pylist()]


def _repeats(kind: Any) -> bool:
    """Whether writing a value of this type costs more than looking it up."""
    from pyarrow import types

    return bool(
        types.is_floating(kind) or types.is_decimal(kind) or types.is_timestamp(kind) or types.is_date(kind)
    )


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _written(values: Any, *, is_account: bool) -> list[str]:
    """Values as text, one by one."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        zone = kind.tz if pa.types.is_timestamp(kind) else None
        values = values.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
    elif _is_text(kind):
        # Text is decoded here, since what is marked as text need not be UTF-8.
        values = values.cast(pa.large_binary())
    write = _writer(kind)
    if is_account and pa.types.is_floating(kind):
        write = _unless_rounded(write, _EXACT_BELOW[kind.bit_width])
    return ["" if value is None else write(value) for value in values.to_pylist()]


def _writer(kind: Any) -> Callable[[Any], str]:
    from pyarrow import types

    if _is_text(kind):
        return _decoded
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _decoded
    if types.is_timestamp(kind) or types.is_date(kind):
        return _instant
    if types.is_decimal(kind):
        return lambda value: _without_zeros(f"{value:f}")
    if types.is_floating(kind):
        return _floats(kind.bit_width)
    if types.is_boolean(kind):
        return lambda value: "true" if value else "false"
    if types.is_map(kind):
        return lambda value: _json(dict(value))
    if types.is_nested(kind):
        return _json
    return str


def _decoded(value: bytes) -> str:
    return without_marks(value.decode("utf-8", "replace"))


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _floats(bits: int) -> Callable[[float], str]:
    """Writer of binary fractions of this width. Identities of rows that are booked are made of these texts."""
    form, digits = _NARROW.get(bits, ("d", ()))

    def write(value: float) -> str:
        if math.isnan(value):
            return ""
        if abs(value) < _EXACT_BELOW[64] and value == int(value):
            return str(int(value))
        for count in digits:
            text = f"{value:.{count}g}"
            if struct.unpack(form, struct.pack(form, float(text))) == (value,):
                return text
        return repr(value)

    return write


def _unless_rounded(write: Callable[[float], str], exact_below: float) -> Callable[[float], str]:
    """The same writer, but of whole numbers from `exact_below` on, which are written with an exponent."""

    def write_account(value: float) -> str:
        text = write(value)
        may_be_rounded = math.isfinite(value) and abs(value) >= exact_below
        return f"{Decimal(text):e}" if may_be_rounded and "e" not in text else text

    return write_account


def _instant(micros: int) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return f"{micros} microseconds after 1970"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))

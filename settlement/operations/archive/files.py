"""Files of an archive: written whole or not at all, read again before anything relies on them. Rule: R11.12b.

Parquet through pyarrow, the extra `parquet`. Amounts are exact decimal text, since they have more digits than the
decimals of most readers; instants are UTC to the microsecond.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, NamedTuple

from settlement.errors import NotFound, Refused
from settlement.model.money import EXACT

_BLOCK = 1 << 20
_TEXT, _INSTANT, _NUMBER, _CYCLE, _BOOLEAN = "text", "instant", "number", "cycle", "boolean"
FEES = {
    "account": _TEXT, "account_id": _NUMBER, "cycle": _CYCLE, "fee_key": _TEXT, "amount": _TEXT, "currency": _TEXT,
    "product": _TEXT, "order_id": _TEXT, "incurred_at": _INSTANT, "ended_at": _INSTANT, "late": _BOOLEAN,
    "inbox_id": _NUMBER, "booked_at": _INSTANT,
}  # fmt: skip
EVENTS = {
    "id": _NUMBER, "source": _TEXT, "event_id": _TEXT, "type": _TEXT, "account": _TEXT, "data": _TEXT,
    "occurred_at": _INSTANT, "correlation_id": _TEXT, "door": _TEXT, "sent_by": _TEXT, "received_at": _INSTANT,
    "finished_at": _INSTANT,
}  # fmt: skip
ENTRIES = {
    "account": _TEXT, "account_id": _NUMBER, "id": _NUMBER, "debit": _TEXT, "debit_ref": _NUMBER, "credit": _TEXT,
    "credit_ref": _NUMBER, "amount_minor": _NUMBER, "currency": _TEXT, "cause": _TEXT, "posted_at": _INSTANT,
}  # fmt: skip
REPAYMENTS = {
    "account": _TEXT, "account_id": _NUMBER, "cycle": _CYCLE, "cause": _TEXT, "initiator": _TEXT, "paid_at": _INSTANT,
    "currency": _TEXT, "line_no": _CYCLE, "source": _TEXT, "source_id": _NUMBER, "amount_minor": _NUMBER,
}  # fmt: skip
LINES = {
    "account": _TEXT, "account_id": _NUMBER, "cycle": _CYCLE, "product": _TEXT, "order_id": _TEXT,
    "single_month": _BOOLEAN, "accrued": _TEXT, "card_paid_minor": _NUMBER, "currency": _TEXT,
}  # fmt: skip
ANNOUNCEMENTS = {
    "epoch": _NUMBER, "id": _NUMBER, "account_id": _NUMBER, "topic": _TEXT, "payload": _TEXT, "correlation_id": _TEXT,
    "created_at": _INSTANT, "published_at": _INSTANT,
}  # fmt: skip


class File(NamedTuple):
    """A file of an archive, by its name in the archive's folder. `sha256` is of its bytes, in hexadecimal."""

    name: str
    rows: int
    bytes: int
    sha256: str


def write(
    folder: Path, name: str, columns: Mapping[str, str], parts: Iterable[Sequence[Mapping[str, Any]]]
) -> File:
    """Writes a table as a new file, on the disk when this returns, and reads it again.

    Raises:
        Refused: pyarrow is not installed, the folder takes no file, or what it gives back is not what was written.
    """
    pa, pq = _pyarrow()
    schema = pa.schema([(column, _types(pa)[kind]) for column, kind in columns.items()])
    path, partial, rows = folder / name, folder / f"{name}.partial", 0
    try:
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            for part in parts:
                writer.write_table(pa.table({c: [row[c] for row in part] for c in columns}, schema=schema))
                rows += len(part)
        _to_disk(partial)
        partial.rename(path)
        _to_disk(folder)
    except OSError as error:
        raise Refused("archive_folder", f"{path}: {error.strerror or error}") from error
    file = File(name, rows, path.stat().st_size, _sha256(path))
    if _rows_in(pq, path) != rows:
        raise Refused("archive_broken", f"{path}: {_rows_in(pq, path)} rows of {rows} are in it")
    return file


def write_manifest(folder: Path, name: str, content: Mapping[str, Any]) -> None:
    """Writes what the files beside it are, for whoever has the folder and no database.

    Raises:
        Refused: the folder takes no file.
    """
    path, partial = folder / name, folder / f"{name}.partial"
    try:
        partial.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")
        _to_disk(partial)
        partial.rename(path)
        _to_disk(folder)
    except OSError as error:
        raise Refused("archive_folder", f"{path}: {error.strerror or error}") from error


def discard(folder: Path, files: Sequence[Mapping[str, Any]]) -> None:
    """Removes files of an archive that is not going to be on record, with what says what they are.

    They stay where the folder gives nothing back; no archive names them then.
    """
    for file in files:
        for name in (file["name"], manifest_name(file["name"].rsplit("-", 1)[0])):
            with suppress(OSError):
                (folder / name).unlink()


def manifest_name(name: str) -> str:
    """What lies beside the files of which the names begin like this."""
    return f"{name}-manifest.json"


def refuse_unless_whole(folder: Path, file: File) -> None:
    """Reads the whole file.

    Raises:
        NotFound: there is no such file.
        Refused: `archive_changed`, it is not the file that was written.
    """
    path = folder / file.name
    if not path.is_file():
        raise NotFound("archive_missing", f"{path} is not there; --folder says where it was moved to")
    if (path.stat().st_size, _sha256(path)) != (file.bytes, file.sha256):
        raise Refused("archive_changed", f"{path} is not the file that was written: another size or SHA-256")


def sums_of(folder: Path, files: Iterable[File]) -> dict[str, Decimal]:
    """The exact sum of all amounts in these files of fees, by currency, where it is not zero.

    Raises:
        Refused: pyarrow is not installed.
    """
    sums: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for file in files:
            for part in read(folder / file.name, ("currency", "amount")):
                for row in part:
                    sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
    return {code: total for code, total in sums.items() if total}


def cash_in(folder: Path, file: File) -> dict[int, int]:
    """What the entries in this file come to for the cash of each account, by its id, minor units.

    Raises:
        Refused: pyarrow is not installed.
    """
    cash: dict[int, int] = {}
    for part in read(folder / file.name, ("account_id", "debit", "credit", "amount_minor")):
        for row in part:
            moved = (row["credit"] == "cash") - (row["debit"] == "cash")
            cash[row["account_id"]] = cash.get(row["account_id"], 0) + moved * row["amount_minor"]
    return cash


def read(path: Path, columns: Sequence[str] | None = None) -> Iterable[Sequence[Mapping[str, Any]]]:
    """The rows of a file, some at a time, in the order in which they were written.

    Raises:
        Refused: pyarrow is not installed.
    """
    _, pq = _pyarrow()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=None if columns is None else list(columns)):
            yield batch.to_pylist()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise Refused(
            "parquet_not_installed",
            "archives are Parquet files, which need pyarrow; install it with: pip install 'settle-worker[parquet]'",
        ) from None
    return pa, pq


def _types(pa: Any) -> dict[str, Any]:
    return {
        _TEXT: pa.string(), _INSTANT: pa.timestamp("us", tz="UTC"), _NUMBER: pa.int64(), _CYCLE: pa.int32(),
        _BOOLEAN: pa.bool_(),
    }  # fmt: skip


def _rows_in(pq: Any, path: Path) -> int:
    """As many as can be unpacked again, every column of them."""
    with pq.ParquetFile(path) as file:
        return sum(batch.num_rows for batch in file.iter_batches())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _to_disk(path: Path) -> None:
    """What was written to a file, or to a folder's list of names, survives the loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

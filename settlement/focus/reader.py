"""The one way in: tells what a file is by its first bytes and reads it in batches."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from settlement.errors import Refused
from settlement.focus import csv_rows, parquet_rows
from settlement.focus.columns import ColumnNames
from settlement.focus.lines import Batch

_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
}


def read(
    path: str | os.PathLike[str],
    *,
    account_column: str = "BillingAccountId",
    cost_column: str = "BilledCost",
    id_column: str | None = None,
    product_column: str | None = "ServiceName",
    order_column: str | None = None,
    batch_rows: int = 20_000,
) -> Iterator[Batch]:
    """The rows of a FOCUS export as batches of about `batch_rows`, in file order.

    The file is opened and its header checked before this returns, so a caller can check a list of files before it
    books a row of the first. The format is told by content, never by name: Parquet, gzip, else CSV with the
    delimiter of its header, in UTF-8 or marked UTF-16. Memory is that of one batch.

    Column names are compared without case. Needed are the account, the cost, BillingCurrency, and
    ChargePeriodStart or BillingPeriodStart; other columns may come, go and move. A row that will not do is
    refused with its reason and stops nothing. With `id_column`, a row's identity is that column's value within
    its account; without it, all that the row says (`identity.of_row`). One export as CSV and as
    Parquet has two texts for a number or an instant, so across those two formats only an id tells that rows are
    the same.

    Raises:
        Refused: at the call, with the code `missing_file`, `unreadable`, `empty_file`, `archive`, `gzip_broken`,
            `gzip_truncated`, `parquet_broken`, `parquet_not_installed`, `no_header`, `missing_column` or
            `ambiguous_column`. While reading, when the file breaks off, after the batch with the rows before it.

    Rule: R2.1.
    """
    file = Path(path)
    names = ColumnNames(account_column, cost_column, id_column, product_column, order_column)
    total_bytes, head = _look(file)
    if head.startswith(parquet_rows.PARQUET_MAGIC):
        columns = parquet_rows.read_header(file, names)
        return parquet_rows.read_batches(file, columns, total_bytes, batch_rows)
    columns = csv_rows.read_header(file, names)
    return csv_rows.read_batches(file, columns, total_bytes, batch_rows)


def _look(file: Path) -> tuple[int, bytes]:
    """The size of the file and its first bytes."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Refused("unreadable", f"{file}: is not a file")
        with file.open("rb") as stream:
            head = stream.read(8)
    except FileNotFoundError:
        raise Refused("missing_file", f"{file}: there is no such file") from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise Refused("unreadable", f"{file}: cannot be read: {reason}") from None
    if not head:
        raise Refused("empty_file", f"{file}: the file is empty")
    for magic, what in _ARCHIVES.items():
        if head.startswith(magic):
            raise Refused(
                "archive", f"{file}: is {what}; unpack it first (CSV, gzipped CSV and Parquet are read)"
            )
    return status.st_size, head

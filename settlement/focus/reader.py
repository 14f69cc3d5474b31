"""The one way in: tells what a file is by its first bytes and reads it in batches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from settlement.focus import csv_rows, parquet_rows
from settlement.focus.columns import ColumnNames
from settlement.focus.file_head import read_head
from settlement.focus.lines import Batch


def read(
    path: str | os.PathLike[str],
    *,
    account_column: str = "BillingAccountId",
    cost_column: str = "BilledCost",
    id_column: str | None = None,
    product_column: str | None = "ServiceName",
    order_column: str | None = None,
    decimal_comma: bool = False,
    batch_rows: int = 20_000,
) -> Iterator[Batch]:
    """The rows of a FOCUS export as batches of about `batch_rows`, in file order.

    The file is opened and its header checked before this returns, so a caller can check a list of files before it
    books a row of the first. The format is recognized by content, never by name: Parquet, gzip, else CSV with the
    delimiter of its header, in UTF-8 or UTF-16. Memory is that of one batch; who reads ahead holds a second.

    Column names are compared without case. Needed are the account, the cost, BillingCurrency, and
    ChargePeriodStart or BillingPeriodStart; other columns may come, go and move. A row that will not do is
    refused with its reason and stops nothing. With `id_column`, a row's identity is that column's value within
    its account; without it, what the row says of the charge (`identity.of_row`). `decimal_comma`: costs are written
    with a comma as their decimal mark.

    Raises:
        Refused: at the call, with the code `missing_file`, `unreadable`, `empty_file`, `archive`, `gzip_broken`,
            `gzip_truncated`, `parquet_broken`, `parquet_not_installed`, `no_header`, `missing_column` or
            `ambiguous_column`. While reading, when the file breaks off, after the batch with the rows before it.

    Rule: R2.1.
    """
    file = Path(path)
    names = ColumnNames(account_column, cost_column, id_column, product_column, order_column, decimal_comma)
    total_bytes, head = read_head(file)
    if head.startswith(parquet_rows.PARQUET_MAGIC):
        columns = parquet_rows.read_header(file, names)
        return parquet_rows.read_batches(file, columns, total_bytes, batch_rows)
    columns = csv_rows.read_header(file, names)
    return csv_rows.read_batches(file, columns, total_bytes, batch_rows)

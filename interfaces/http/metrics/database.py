"""Metrics of the database's size. Rows are PostgreSQL's estimates."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from interfaces.http.metrics.exposition import Family, labelled
from settlement.queries.operating import figures


def families(tx: Connection) -> Iterator[Family]:
    """Bytes, with indexes, and rows of each table; partitions count for theirs."""
    found = figures.table_sizes(tx)
    yield labelled(
        "settle_table_bytes",
        "Size of a table with its indexes.",
        "table",
        [(row.table, row.bytes) for row in found],
    )
    yield labelled(
        "settle_table_rows", "Rows of a table, as PostgreSQL estimates them.", "table",
        [(row.table, row.rows) for row in found],
    )  # fmt: skip

"""What is known of the rows that an import of a billing export brings. Under the locks of their accounts."""

from __future__ import annotations

from sqlalchemy import Connection, text

from settlement.model.exports import BookedRow, EarlierCounts, ExportFacts, RowCounts, RowKey, taken_back_key
from settlement.storage.load.scope import EarlierRow, ExportScope
from settlement.storage.sql.arrays import id_array, plain_array, text_array
from settlement.storage.sql.rows import from_rows, parameters
from settlement.storage.tables import kinds
from settlement.storage.tables.fees import FEE

# The conditions without a parameter are those of the index.
_EARLIER = from_rows(
    FEE,
    EarlierRow,
    """SELECT f.account_id, v.row_key, count(*), coalesce(max(r.met), 0)
       FROM $v
       JOIN account a ON a.external_id = v.name
       JOIN fee f ON f.account_id = a.id AND f.incurred_at = v.incurred_at
           AND f.import_id IS NOT NULL AND f.export_id IS NULL
           AND f.amount = v.amount AND f.product = v.product AND f.order_id = v.order_id
       LEFT JOIN fee_import_repeat r
           ON r.import_id = :import_id AND r.account_id = f.account_id AND r.fee_key = v.row_key
       GROUP BY f.account_id, v.row_key""",
    kinds={"name": kinds.TEXT, "row_key": kinds.UUID},
)
_ROWS = text("""
    SELECT f.account_id, f.fee_key, count(*), count(*) FILTER (WHERE f.import_id = :import_id),
           coalesce(max(r.met), 0), min(f.amount)
    FROM unnest(CAST(:names AS text[]), CAST(:keys AS uuid[])) AS wanted (name, fee_key)
    JOIN account a ON a.external_id = wanted.name
    JOIN fee f ON f.account_id = a.id AND f.fee_key = wanted.fee_key
    LEFT JOIN fee_import_repeat r
        ON r.import_id = :import_id AND r.account_id = f.account_id AND r.fee_key = f.fee_key
    GROUP BY f.account_id, f.fee_key""")
_BOOKED = text("""
    SELECT wanted.account_id, wanted.fee_key, counted.booked, taken.back, counted.here - taken.here, last.amount,
           last.currency, last.product, last.order_id, last.incurred_at, last.ended_at
    FROM unnest(CAST(:ids AS bigint[]), CAST(:keys AS uuid[]), CAST(:back_keys AS uuid[]))
        AS wanted (account_id, fee_key, back_key)
    CROSS JOIN LATERAL (
        SELECT count(*) AS booked, count(*) FILTER (WHERE f.export_id = :export_id) AS here FROM fee f
        WHERE f.account_id = wanted.account_id AND f.fee_key = wanted.fee_key) AS counted
    CROSS JOIN LATERAL (
        SELECT count(*) AS back, count(*) FILTER (WHERE f.export_id = :export_id) AS here FROM fee f
        WHERE f.account_id = wanted.account_id AND f.fee_key = wanted.back_key) AS taken
    CROSS JOIN LATERAL (
        SELECT f.amount, f.currency, f.product, f.order_id, f.incurred_at, f.ended_at FROM fee f
        WHERE f.account_id = wanted.account_id AND f.fee_key = wanted.fee_key
        ORDER BY f.occurrence DESC LIMIT 1) AS last""")


def load_exports(tx: Connection, scope: ExportScope) -> ExportFacts:
    """One statement for each kind of row that is looked up."""
    return ExportFacts(_rows(tx, scope), _earlier(tx, scope), _booked(tx, scope))


def _rows(tx: Connection, scope: ExportScope) -> dict[RowKey, RowCounts]:
    if not scope.rows:
        return {}
    names, keys = zip(*scope.rows, strict=True)
    given = {
        "names": text_array(names),
        "keys": plain_array([key.hex for key in keys]),
        "import_id": scope.import_id,
    }
    return {(row[0], row[1]): RowCounts(*row[2:]) for row in tx.execute(_ROWS, given)}


def _earlier(tx: Connection, scope: ExportScope) -> dict[RowKey, EarlierCounts]:
    if not scope.earlier:
        return {}
    given = parameters(_EARLIER, scope.earlier) | {"import_id": scope.import_id}
    return {(row[0], row[1]): EarlierCounts(*row[2:]) for row in tx.execute(_EARLIER.clause, given)}


def _booked(tx: Connection, scope: ExportScope) -> dict[RowKey, BookedRow]:
    if not scope.booked:
        return {}
    ids, keys = zip(*scope.booked, strict=True)
    given = {
        "ids": id_array(ids),
        "keys": plain_array(keys),
        "back_keys": plain_array([taken_back_key(key) for key in keys]),
        "export_id": scope.export_id,
    }
    return {(row[0], row[1]): BookedRow(*row[2:]) for row in tx.execute(_BOOKED, given)}

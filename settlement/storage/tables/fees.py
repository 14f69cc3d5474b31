"""Fees as they were metered, and imports of billing exports."""

from __future__ import annotations

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, numbered, optional, required, table

FEE = table(
    "fee",
    # Of an account, as a trigger says once for a whole statement.
    key("account_id", kinds.BIGINT),
    key("fee_key", kinds.UUID),
    key("occurrence", kinds.INTEGER),
    required("cycle", kinds.CYCLE),
    required("amount", kinds.NUMERIC),
    required("currency", kinds.CURRENCY_CODE),
    required("product", kinds.TEXT),
    required("order_id", kinds.TEXT),
    required("incurred_at", kinds.TIMESTAMPTZ),
    required("late", kinds.BOOLEAN),
    optional("import_id", kinds.BIGINT),
    optional("inbox_id", kinds.BIGINT),
    required("booked_at", kinds.TIMESTAMPTZ),
    optional("export_id", kinds.BIGINT),
    optional("ended_at", kinds.TIMESTAMPTZ),
    optional("takes_back", kinds.UUID),
)

FEE_EXPORT = table(
    "fee_export",
    numbered("id"),
    required("provider", kinds.TEXT),
    required("period_start", kinds.TIMESTAMPTZ),
)

FEE_IMPORT = table(
    "fee_import",
    numbered("id"),
    required("file_name", kinds.TEXT),
    required("started_at", kinds.TIMESTAMPTZ),
    optional("finished_at", kinds.TIMESTAMPTZ),
    optional("report", kinds.JSONB),
)

FEE_IMPORT_REPEAT = table(
    "fee_import_repeat",
    key("import_id", kinds.BIGINT),
    key("account_id", kinds.BIGINT),
    key("fee_key", kinds.UUID),
    required("met", kinds.INTEGER),
)

FEE_IMPORT_ROW = table(
    "fee_import_row",
    key("import_id", kinds.BIGINT),
    key("row_no", kinds.BIGINT),
    required("file_no", kinds.INTEGER),
    required("line", kinds.BIGINT),
    required("account", kinds.TEXT),
    required("fee_key", kinds.UUID),
    required("amount", kinds.NUMERIC),
    required("currency", kinds.TEXT),
    required("product", kinds.TEXT),
    required("order_id", kinds.TEXT),
    required("incurred_at", kinds.TIMESTAMPTZ),
    optional("ended_at", kinds.TIMESTAMPTZ),
)

FEE_IMPORT_DIFFERENCE = table(
    "fee_import_difference",
    key("import_id", kinds.BIGINT),
    key("account_id", kinds.BIGINT),
    key("fee_key", kinds.UUID),
    required("seen", kinds.INTEGER),
    optional("row_no", kinds.BIGINT),
)

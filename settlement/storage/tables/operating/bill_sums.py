"""Sums over all bills, as they were counted last."""

from __future__ import annotations

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, required, table

BILL_SUMS = table(
    "bill_sums",
    key("only_row", kinds.BOOLEAN),
    required("counted_at", kinds.TIMESTAMPTZ),
    required("took_s", kinds.DOUBLE_PRECISION),
    required("months", kinds.JSONB),
    required("dues", kinds.JSONB),
    required("sources", kinds.JSONB),
)

"""What is only ever added: repayments with their lines, and the ledger, a partition a month."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import PrimaryKeyConstraint

from settlement.model.funds import FundSource, LedgerKind
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, numbered, required, table
from settlement.storage.tables.kinds import enum

REPAYMENT_INITIATOR = enum(
    "repayment_initiator",
    Literal[
        "auto_write_off",
        "threshold",
        "sweep",
        "issuance",
        "retry",
        "manual",
        "transfer",
        "unified_settlement",
        "reversal",
    ],
)
FUND_SOURCE = enum("fund_source", FundSource)
LEDGER_KIND = enum("ledger_kind", LedgerKind)

REPAYMENT = table(
    "repayment",
    key("account_id", kinds.BIGINT),
    key("cycle", kinds.CYCLE),
    key("cause", kinds.TEXT),
    required("initiator", REPAYMENT_INITIATOR),
    required("amount_minor", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE),
    required("paid_at", kinds.TIMESTAMPTZ),
)

REPAYMENT_LINE = table(
    "repayment_line",
    key("account_id", kinds.BIGINT),
    key("cycle", kinds.CYCLE),
    key("cause", kinds.TEXT),
    key("line_no", kinds.SMALLINT),
    required("source", FUND_SOURCE),
    required("source_id", kinds.BIGINT),
    required("amount_minor", kinds.BIGINT),
)

LEDGER_TRANSFER = table(
    "ledger_transfer",
    numbered("id", primary_key=False),
    required("account_id", kinds.BIGINT),
    required("debit", LEDGER_KIND),
    required("debit_ref", kinds.BIGINT),
    required("credit", LEDGER_KIND),
    required("credit_ref", kinds.BIGINT),
    required("amount_minor", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE),
    required("cause", kinds.TEXT),
    required("posted_at", kinds.TIMESTAMPTZ),
    PrimaryKeyConstraint("account_id", "posted_at", "id"),
)

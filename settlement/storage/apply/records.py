"""Appends repayments and ledger transfers."""

from __future__ import annotations

from sqlalchemy import Connection

from settlement.model.rows.records import RecordRows, RepaymentLineRow, RepaymentRow, TransferRow
from settlement.storage.sql.copy import copy_rows
from settlement.storage.tables.records import LEDGER_TRANSFER, REPAYMENT, REPAYMENT_LINE


def append_records(tx: Connection, rows: RecordRows) -> None:
    """What is only ever added."""
    copy_rows(tx, REPAYMENT, RepaymentRow, rows.repayments)
    copy_rows(tx, REPAYMENT_LINE, RepaymentLineRow, rows.repayment_lines)
    copy_rows(tx, LEDGER_TRANSFER, TransferRow, rows.transfers)

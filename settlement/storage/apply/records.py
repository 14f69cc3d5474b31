"""Appends repayments and ledger transfers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.records import RecordRows
from settlement.storage.sql.copy import copy_rows


def append_records(tx: Connection, rows: RecordRows, at: datetime) -> None:
    """What is only ever added. `at` is the logical instant (UTC)."""
    now = at.isoformat()
    copy_rows(
        tx,
        "repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)",
        (
            f"{a}\t{c}\t{cause}\t{who}\t{amount}\t{cur}\t{now}\n"
            for a, c, cause, who, amount, cur in rows.repayments
        ),
    )
    copy_rows(
        tx,
        "repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)",
        (
            f"{a}\t{c}\t{cause}\t{no}\t{src}\t{sid}\t{amt}\n"
            for a, c, cause, no, src, sid, amt in rows.repayment_lines
        ),
    )
    copy_rows(
        tx,
        "ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)",
        (
            f"{a}\t{d}\t{dr}\t{c}\t{cr}\t{amount}\t{currency}\t{cause}\t{now}\n"
            for a, d, dr, c, cr, amount, currency, cause in rows.transfers
        ),
    )

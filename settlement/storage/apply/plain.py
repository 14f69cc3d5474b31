"""Writes the month close of plain accounts: one statement makes every row of them out of one row for each.

The bills, the accounts' cash, the ledger, repayments and their lines are written from the same rows, which are sent and
read once. An amount of zero makes no row. The entry of the issuance is written before that of the payment, as of other
accounts. What is announced of them is written with what is announced of others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.plain import PlainClose, PlainCloses
from settlement.storage.apply.bills import not_as_planned
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.bills import BILL
from settlement.storage.tables.kinds import BIGINT, TIMESTAMPTZ

_CLOSED = from_rows(
    BILL,
    PlainClose,
    """WITH v AS MATERIALIZED (SELECT * FROM $v),
       entries AS (
           INSERT INTO ledger_transfer
               (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
           SELECT v.account_id, e.debit, e.debit_ref, e.credit, e.credit_ref, e.amount_minor, v.currency, :cause, e.at
           FROM v CROSS JOIN LATERAL (VALUES
               (1, CAST('receivable' AS ledger_kind), CAST(:cycle AS bigint), CAST('revenue' AS ledger_kind),
                CAST(0 AS bigint), v.payable_minor, CAST(:at AS timestamptz)),
               (2, 'cash', 0, 'receivable', :cycle, v.paid_minor, v.paid_at)
           ) AS e (no, debit, debit_ref, credit, credit_ref, amount_minor, at)
           WHERE e.amount_minor > 0 ORDER BY v.account_id, e.no),
       repayments AS (
           INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
           SELECT account_id, :cycle, :cause, 'auto_write_off', paid_minor, currency, paid_at
           FROM v WHERE paid_minor > 0),
       repayment_lines AS (
           INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
           SELECT account_id, :cycle, :cause, 1, 'cash', 0, paid_minor
           FROM v WHERE paid_minor > 0),
       accounts AS (
           UPDATE account a SET cash_minor = v.cash_minor
           FROM v WHERE a.id = v.account_id AND v.paid_minor > 0 AND a.id BETWEEN :first AND :last)
       UPDATE bill b SET state = CAST(CASE WHEN v.paid_minor = v.payable_minor THEN 'settled' ELSE 'unsettled' END
                                      AS bill_state),
           payable_minor = v.payable_minor, dropped = v.dropped, carried_out = 0, paid_minor = v.paid_minor,
           issued_at = :at, settled_at = CASE WHEN v.paid_minor = v.payable_minor THEN v.paid_at END
       FROM v WHERE b.account_id = v.account_id AND b.cycle = :cycle AND b.state = 'accruing'
         AND b.account_id BETWEEN :first AND :last""",
    kinds={"cash_minor": BIGINT, "paid_at": TIMESTAMPTZ},
)


def apply_plain(tx: Connection, closes: PlainCloses, at: datetime) -> None:
    """Issues and pays. `at` is the logical instant (UTC).

    Raises:
        Broken: a bill that should be issued did not accrue. Nothing may be committed.
    """
    written = write(tx, _CLOSED, closes.rows, cycle=closes.cycle, cause=closes.cause, at=at)
    if written != len(closes.rows):
        raise not_as_planned((row.account_id, closes.cycle) for row in closes.rows)

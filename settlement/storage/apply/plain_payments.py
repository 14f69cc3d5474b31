"""Writes the payment of plain bills by a unified settlement: one statement makes every row of one row for each.

The bills, the list, the ledger, repayments and their lines, and the holds that end, are written from the same rows,
which are sent and read once. What is announced of them is written with what is announced of others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.plain import PlainPayment, PlainPayments
from settlement.model.unified_settlements import UNIFIED_HOLD
from settlement.storage.apply.bills import not_as_planned
from settlement.storage.sql.rows import from_rows, read
from settlement.storage.tables.records import REPAYMENT

# Says of how many bills both were met, the bill as it was planned and its open line on the list.
_PAID = from_rows(
    REPAYMENT,
    PlainPayment,
    """WITH v AS MATERIALIZED (SELECT * FROM $v),
       entries AS (
           INSERT INTO ledger_transfer
               (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
           SELECT account_id, 'transfer_clearing', :main, 'receivable', cycle, amount_minor, :currency, :cause, :at
           FROM v),
       repayments AS (
           INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
           SELECT account_id, cycle, :cause, 'unified_settlement', amount_minor, :currency, :at FROM v),
       repayment_lines AS (
           INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
           SELECT account_id, cycle, :cause, 1, 'main_account', :main, amount_minor FROM v),
       holds AS (
           DELETE FROM write_off_hold h USING v
           WHERE :releases AND h.account_id = v.account_id AND h.reason = :reason AND h.ref = :ref
             AND h.account_id BETWEEN :first AND :last),
       listed AS (
           UPDATE unified_line l SET state = 'paid', paid_minor = l.paid_minor + v.amount_minor
           FROM v WHERE l.settlement_id = :settlement AND l.account_id = v.account_id AND l.cycle = v.cycle
             AND l.state = 'open' AND l.account_id BETWEEN :first AND :last RETURNING 1),
       bills AS (
           UPDATE bill b SET state = 'settled', paid_minor = b.payable_minor, settled_at = :at
           FROM v WHERE b.account_id = v.account_id AND b.cycle = v.cycle AND b.state = 'unsettled'
             AND b.payable_minor - b.paid_minor = v.amount_minor AND b.reserved_minor = 0
             AND b.account_id BETWEEN :first AND :last RETURNING 1)
       SELECT least((SELECT count(*) FROM listed), (SELECT count(*) FROM bills))""",
)


def apply_plain_payments(tx: Connection, payments: PlainPayments, at: datetime) -> None:
    """Pays and, where the settlement has ended, lets go. `at` is the logical instant (UTC).

    Raises:
        Broken: a bill was not open on the list, or not owed as the plan saw it. Nothing may be committed.
    """
    if not payments.rows:
        return
    ids = [row.account_id for row in payments.rows]
    ((met,),) = read(
        tx, _PAID, payments.rows,
        at=at, main=payments.main_id, currency=payments.currency, cause=payments.cause,
        settlement=payments.settlement_id, ref=str(payments.settlement_id), reason=UNIFIED_HOLD,
        releases=payments.releases, first=min(ids), last=max(ids),
    )  # fmt: skip
    if met != len(ids):
        raise not_as_planned((row.account_id, row.cycle) for row in payments.rows)

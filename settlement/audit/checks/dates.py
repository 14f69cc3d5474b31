"""The audit's questions about when: nothing is dated before what brought it about, or later than now. Rule: R11.2f."""

from __future__ import annotations

from settlement.audit.check import ANNOUNCEMENTS_SINCE, GRANT_KINDS, STORED_KINDS, Check, cycle_in
from settlement.model.funds import FUNDS, STORED

# An event may come in while the instant of the set that books it is being read.
_MEANWHILE = "interval '5 minutes'"
# The act that a cause names, without what of it moved the money.
_ACT = "split_part(l.cause, ':', 1) || ':' || split_part(l.cause, ':', 2)"

_GRANTED = " UNION ALL ".join(
    f"SELECT CAST('{FUNDS[source].ledger}' AS ledger_kind) AS kind, account_id, id, granted_at FROM {stored.table}"
    for source, stored in STORED.items()
)
# Days on which a bill was announced as overdue.
_OVERDUE = f"""SELECT account_id, {cycle_in("payload->>'cycle'")} AS cycle, created_at FROM outbox
                       WHERE topic = 'bill.overdue'"""

DATES = (
    Check(
        "entry_dates",
        "R11.2f",
        "No entry is dated before the act that made it, none of a month's close before that month was over, none later "
        "than now.",
        rf"""
        SELECT e.account_id, e.currency, e.id AS entry, e.cause, e.amount_minor, e.posted_at, e.since
        FROM (
            SELECT l.*, i.received_at - {_MEANWHILE} AS since
            FROM ledger_transfer l JOIN inbox i ON 'event:' || i.id = l.cause WHERE l.cause LIKE 'event:%'
            UNION ALL
            -- Of the few months that there are, only those with an entry too early are looked at entry by entry.
            SELECT l.*, m.since FROM ledger_transfer l JOIN (
                SELECT cause, CAST(to_date(regexp_replace(cause, '\D', '', 'g'), 'YYYYMM')
                                   + interval '1 month -14 hours' AS timestamp) AT TIME ZONE 'UTC' AS since, first_at
                FROM (SELECT cause, min(posted_at) AS first_at FROM ledger_transfer
                      WHERE cause LIKE 'close:%' OR cause LIKE 'coupon:%' GROUP BY cause) AS causes
                WHERE cause ~ '^(close:[0-9]{{4}}-|coupon:[0-9]{{4}})(0[1-9]|1[0-2])$' OFFSET 0) AS m
                ON m.cause = l.cause AND m.first_at < m.since
            UNION ALL
            SELECT l.*, t.created_at FROM ledger_transfer l JOIN charge_attempt t
                ON t.account_id = l.account_id AND 'charge:' || t.attempt_no = {_ACT} WHERE l.cause LIKE 'charge:%'
            UNION ALL
            SELECT l.*, r.created_at FROM ledger_transfer l JOIN gateway_refund r
                ON r.account_id = l.account_id AND 'refund:' || r.refund_no = {_ACT} WHERE l.cause LIKE 'refund:%'
            UNION ALL
            SELECT l.*, v.found_at FROM ledger_transfer l JOIN gateway_reversal v
                ON v.account_id = l.account_id AND 'reversal:' || v.reversal_no = {_ACT} WHERE l.cause LIKE 'reversal:%'
            UNION ALL
            SELECT l.*, p.started_at FROM ledger_transfer l JOIN bill_payment p
                ON p.account_id = l.account_id AND 'payment:' || p.id = {_ACT} WHERE l.cause LIKE 'payment:%'
            UNION ALL
            SELECT l.*, s.created_at FROM ledger_transfer l JOIN unified_settlement s
                ON 'unified:' || s.id = {_ACT} WHERE l.cause LIKE 'unified:%'
            UNION ALL
            SELECT l.*, m.started_at FROM ledger_transfer l JOIN fee_import m
                ON 'import:' || m.id = {_ACT} WHERE l.cause LIKE 'import:%'
            UNION ALL
            SELECT l.*, NULL FROM ledger_transfer l
            WHERE l.posted_at > CAST(:at AS timestamptz) + interval '1 hour') AS e
        WHERE e.since IS NULL OR e.posted_at < e.since""",
        whole=True,
    ),
    Check(
        "repayment_dates",
        "R11.2f",
        "Every repayment is dated as its entries are.",
        """
        SELECT r.account_id, r.cycle, r.cause, r.amount_minor, r.currency, r.paid_at, e.first_at, e.last_at
        FROM repayment r JOIN (
            SELECT account_id, credit_ref, cause, min(posted_at) AS first_at, max(posted_at) AS last_at
            FROM ledger_transfer WHERE credit = 'receivable' GROUP BY 1, 2, 3
            UNION ALL
            SELECT account_id, debit_ref, cause, min(posted_at), max(posted_at)
            FROM ledger_transfer WHERE debit = 'receivable' AND credit = 'collected' GROUP BY 1, 2, 3) AS e
            ON e.account_id = r.account_id AND e.credit_ref = r.cycle AND e.cause = r.cause
        WHERE r.paid_at <> e.first_at OR r.paid_at <> e.last_at""",
    ),
    # Accounts from before that date was kept have none until their next inflow.
    Check(
        "funds_dated",
        "R4.1d",
        "The date before which an account's funds pay nothing is that of the last inflow into them.",
        f"""
        SELECT a.id AS account_id, a.funds_since, l.posted_at, s.funds_since AS archived_at
        FROM account a LEFT JOIN (
            SELECT account_id, max(posted_at) AS posted_at FROM ledger_transfer
            WHERE credit IN ('cash', {STORED_KINDS}, 'collected') AND cause NOT LIKE 'archive:%'
            GROUP BY account_id) AS l
            ON l.account_id = a.id
        LEFT JOIN archived_ledger s ON s.account_id = a.id
        WHERE a.funds_since IS NOT NULL AND a.funds_since IS DISTINCT FROM greatest(l.posted_at, s.funds_since)""",
    ),
    # Which of them pays first depends on it.
    Check(
        "funds_granted",
        "R4.6",
        "Every card, coupon and credit refund is dated as it was entered.",
        f"""
        SELECT f.account_id, f.kind, f.id, f.granted_at, l.posted_at
        FROM ({_GRANTED}) AS f
        JOIN (SELECT account_id, credit, credit_ref, posted_at FROM ledger_transfer WHERE debit IN ({GRANT_KINDS})) AS l
            ON l.account_id = f.account_id AND l.credit = f.kind AND l.credit_ref = f.id
        WHERE f.granted_at <> l.posted_at""",
    ),
    Check(
        "bill_dates",
        "R3.1a",
        "Every bill is dated as the month close of its cycle was, and settled then or by a repayment of that date.",
        """
        SELECT b.account_id, b.cycle, b.state, b.issued_at, r.logical_at, b.settled_at
        FROM bill b LEFT JOIN run r ON r.kind = 'month_close' AND r.cycle = b.cycle
        WHERE b.issued_at <> r.logical_at
           OR (b.settled_at <> b.issued_at AND b.records_archive_id IS NULL AND NOT EXISTS (
                   SELECT 1 FROM repayment p
                   WHERE p.account_id = b.account_id AND p.cycle = b.cycle AND p.paid_at = b.settled_at))""",
        whole=True,
    ),
    # One that was taken back is overdue anew, or no more, though it was announced before.
    Check(
        "overdue_announced",
        "R6.2a",
        "A bill is overdue since the day on which that was announced, which is after the one on which it was due; one "
        "that was announced stays so until it is settled.",
        f"""
        SELECT b.account_id, b.cycle, b.due_on, b.overdue_at, o.created_at AS announced_at
        FROM (SELECT account_id, cycle, due_on, overdue_at FROM bill WHERE overdue_at IS NOT NULL) AS b
        LEFT JOIN ({_OVERDUE}) AS o
            ON o.account_id = b.account_id AND o.cycle = b.cycle AND o.created_at = b.overdue_at
        WHERE (o.account_id IS NULL AND (b.overdue_at < {ANNOUNCEMENTS_SINCE}) IS NOT true)
           OR b.overdue_at AT TIME ZONE 'UTC' < b.due_on + interval '10 hours'
        UNION ALL
        SELECT b.account_id, b.cycle, b.due_on, b.overdue_at, o.created_at
        FROM ({_OVERDUE}) AS o JOIN bill b ON b.account_id = o.account_id AND b.cycle = o.cycle
        WHERE b.overdue_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM repayment r
            WHERE r.account_id = b.account_id AND r.cycle = b.cycle AND r.initiator = 'reversal')""",
    ),
)

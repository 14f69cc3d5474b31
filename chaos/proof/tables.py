"""What must hold in the tables after a run, each as a SELECT of what contradicts it. Written anew from docs/rules.md.

Nothing here comes from the product: a proof must not rest on the code that it proves.
"""

from __future__ import annotations

# Every movement of every ledger account that belongs to a customer, with its sign.
_MOVES = """
    SELECT account_id, kind, ref, sum(minor) AS minor FROM (
        SELECT account_id, credit AS kind, credit_ref AS ref, amount_minor AS minor FROM ledger_transfer
        UNION ALL SELECT account_id, debit, debit_ref, -amount_minor FROM ledger_transfer) AS m
    GROUP BY account_id, kind, ref"""

CHECKS: dict[str, str] = {
    # Conservation, account by account.
    "cash is the sum of its entries": f"""
        SELECT a.external_id, a.cash_minor, coalesce(m.minor, 0) FROM account a
        LEFT JOIN ({_MOVES}) m ON m.account_id = a.id AND m.kind = 'cash' WHERE a.cash_minor <> coalesce(m.minor, 0)""",
    "a card is the sum of its entries": f"""
        SELECT c.account_id, c.external_id, c.balance_minor, m.minor FROM stored_value_card c
        LEFT JOIN ({_MOVES}) m ON m.account_id = c.account_id AND m.kind = 'card' AND m.ref = c.id
        WHERE c.balance_minor <> coalesce(m.minor, 0)""",
    "a coupon is the sum of its entries": f"""
        SELECT c.account_id, c.external_id, c.balance_minor, m.minor FROM coupon c
        LEFT JOIN ({_MOVES}) m ON m.account_id = c.account_id AND m.kind = 'coupon' AND m.ref = c.id
        WHERE c.balance_minor <> coalesce(m.minor, 0)""",
    "a credit refund is the sum of its entries": f"""
        SELECT r.account_id, r.id, r.remaining_minor, m.minor FROM credit_refund r
        LEFT JOIN ({_MOVES}) m ON m.account_id = r.account_id AND m.kind = 'refund' AND m.ref = r.id
        WHERE r.remaining_minor <> coalesce(m.minor, 0)""",
    "what is owed on a bill is the sum of its entries": f"""
        SELECT b.account_id, b.cycle, b.payable_minor, b.paid_minor, m.minor FROM bill b
        FULL JOIN (SELECT * FROM ({_MOVES}) m WHERE kind = 'receivable') m
            ON m.account_id = b.account_id AND m.ref = b.cycle
        WHERE coalesce(b.payable_minor, 0) - coalesce(b.paid_minor, 0) <> -coalesce(m.minor, 0)""",
    "what was collected ahead is the sum of its entries": f"""
        SELECT m.account_id, m.ref, m.minor, h.minor FROM (SELECT * FROM ({_MOVES}) m WHERE kind = 'collected') m
        FULL JOIN (SELECT account_id, attempt_no AS ref, sum(remaining_minor) AS minor FROM charge_line
                   GROUP BY account_id, attempt_no) h ON h.account_id = m.account_id AND h.ref = m.ref
        WHERE coalesce(m.minor, 0) <> coalesce(h.minor, 0)""",
    "what a bill says is paid was repaid": """
        SELECT b.account_id, b.cycle, b.paid_minor, r.minor FROM bill b
        FULL JOIN (SELECT account_id, cycle, sum(amount_minor) AS minor FROM repayment GROUP BY account_id, cycle) r
            ON r.account_id = b.account_id AND r.cycle = b.cycle
        WHERE coalesce(b.paid_minor, 0) <> coalesce(r.minor, 0)""",
    # Conservation in total.
    "what customers have and owe is what came in from outside": f"""
        SELECT sum(minor) FROM ({_MOVES}) m HAVING sum(minor) <> 0""",
    "what one account sent to another has arrived": """
        SELECT cause, sum(CASE WHEN credit = 'transfer_clearing' THEN amount_minor ELSE -amount_minor END)
        FROM ledger_transfer WHERE 'transfer_clearing' IN (credit, debit) GROUP BY cause
        HAVING sum(CASE WHEN credit = 'transfer_clearing' THEN amount_minor ELSE -amount_minor END) <> 0""",
    # Nothing below zero, at no moment.
    "no balance was ever below zero": """
        SELECT account_id, kind, ref, min(running) FROM (
            SELECT account_id, kind, ref, sum(minor) OVER (PARTITION BY account_id, kind, ref ORDER BY id) AS running
            FROM (SELECT id, account_id, credit AS kind, credit_ref AS ref, amount_minor AS minor FROM ledger_transfer
                  UNION ALL SELECT id, account_id, debit, debit_ref, -amount_minor FROM ledger_transfer) AS m
            WHERE kind IN ('cash', 'card', 'refund', 'coupon', 'collected', 'refunding')) AS r
        GROUP BY account_id, kind, ref HAVING min(running) < 0""",
    "no bill is paid beyond its amount": """
        SELECT account_id, cycle, payable_minor, paid_minor FROM bill
        WHERE paid_minor > coalesce(payable_minor, 0)""",
    # Bills.
    "a bill accrued exactly its fees": """
        SELECT b.account_id, b.cycle, b.accrued, f.total FROM bill b
        FULL JOIN (SELECT account_id, cycle, sum(amount) AS total FROM fee GROUP BY account_id, cycle) f
            ON f.account_id = b.account_id AND f.cycle = b.cycle
        WHERE coalesce(b.accrued, 0) <> coalesce(f.total, 0)""",
    "an issued bill is its fees, rounded down once": """
        SELECT account_id, cycle, accrued, carried_in, payable_minor, dropped, carried_out FROM bill
        WHERE state <> 'accruing' AND (
            payable_minor <> greatest(0, floor((accrued + carried_in) * 100))
            OR dropped <> greatest(0, accrued + carried_in) - payable_minor / 100.0
            OR carried_out <> least(0, accrued + carried_in))""",
    "a bill was announced as issued once": """
        SELECT b.account_id, b.cycle, b.state, o.times FROM bill b JOIN account a ON a.id = b.account_id
        LEFT JOIN (SELECT account_id, payload ->> 'cycle' AS cycle, count(*) AS times FROM outbox
                   WHERE topic = 'bill.issued' GROUP BY 1, 2) o
            ON o.account_id = b.account_id AND o.cycle = b.cycle / 100 || '-' || lpad((b.cycle % 100)::text, 2, '0')
        WHERE coalesce(o.times, 0) <> (b.state <> 'accruing')::int""",
    "a bill was entered as owed once": """
        SELECT account_id, debit_ref, count(*) FROM ledger_transfer
        WHERE debit = 'receivable' AND credit = 'revenue' GROUP BY account_id, debit_ref HAVING count(*) > 1""",
    # Charges.
    "money came in once for every charge that succeeded": """
        SELECT c.account_id, c.attempt_no, c.state, c.charged_minor, l.minor, l.times FROM charge_attempt c
        LEFT JOIN (SELECT account_id, credit_ref AS ref, sum(amount_minor) AS minor, count(*) AS times
                   FROM ledger_transfer WHERE debit = 'gateway_clearing' AND credit = 'collected'
                       AND cause NOT LIKE 'reversal:%' GROUP BY 1, 2) l
            ON l.account_id = c.account_id AND l.ref = c.attempt_no
        WHERE coalesce(c.charged_minor, 0) <> coalesce(l.minor, 0)""",
    # What gateways took back by themselves.
    "what a gateway took back went out once": """
        SELECT coalesce(r.account_id, l.account_id), coalesce(r.no, l.no), r.minor, l.minor
        FROM (SELECT account_id, reversal_no::text AS no, taken_minor AS minor FROM gateway_reversal) r
        FULL JOIN (SELECT account_id, split_part(cause, ':', 2) AS no,
                          sum(CASE WHEN credit = 'gateway_clearing' THEN amount_minor ELSE -amount_minor END) AS minor
                   FROM ledger_transfer WHERE cause LIKE 'reversal:%' AND 'gateway_clearing' IN (debit, credit)
                   GROUP BY 1, 2) l ON l.account_id = r.account_id AND l.no = r.no
        WHERE coalesce(r.minor, 0) <> coalesce(l.minor, 0)""",
    "what is owed for it is the sum of its entries": f"""
        SELECT coalesce(r.account_id, m.account_id), r.reversal_no, r.owed_minor, m.minor FROM gateway_reversal r
        FULL JOIN (SELECT * FROM ({_MOVES}) m WHERE kind = 'reversal') m
            ON m.account_id = r.account_id AND m.ref = r.reversal_no
        WHERE coalesce(r.owed_minor, 0) <> -coalesce(m.minor, 0)""",
    "nobody who has cash owes for it": """
        SELECT a.external_id, a.cash_minor, r.owed_minor FROM gateway_reversal r JOIN account a ON a.id = r.account_id
        WHERE r.owed_minor > 0 AND a.cash_minor > a.frozen_minor + a.held_minor""",
    # Nothing is left over.
    "no hold is left": """
        SELECT account_id, reason, ref FROM write_off_hold""",
    "no reservation is left": """
        SELECT 'account', id, held_minor FROM account WHERE held_minor <> 0
        UNION ALL SELECT 'bill ' || cycle, account_id, reserved_minor FROM bill WHERE reserved_minor <> 0""",
    "no event waits": "SELECT event_id, state, account, reason FROM inbox WHERE state IN ('waiting', 'parked')",
    "no account is parked": "SELECT external_id, parked_reason FROM account WHERE parked_at IS NOT NULL",
    "no charge is open": "SELECT account_id, attempt_no, state FROM charge_attempt WHERE finished_at IS NULL",
    "no refund is open that nobody has to decide": """
        SELECT account_id, refund_no, state FROM gateway_refund
        WHERE finished_at IS NULL AND code IS DISTINCT FROM 'given_back_already'""",
    "no webhook waits": "SELECT gateway, event_id, type FROM gateway_event WHERE state = 'waiting'",
    "no payment is open": "SELECT account_id, external_id, state FROM bill_payment WHERE finished_at IS NULL",
    "no run is open": """
        SELECT kind, cycle::text, state::text FROM run WHERE state <> 'done'
        UNION ALL SELECT 'range', run_id::text, state::text FROM run_range WHERE state <> 'done'""",
    "no announcement waits": "SELECT id, topic FROM outbox WHERE published_at IS NULL",
    "nothing was set aside": "SELECT queue, task, code, reason FROM quarantine",
    # The calendar.
    "no slot is open": "SELECT job, logical_at FROM schedule_slot WHERE state = 'owed'",
    "a run was made once": "SELECT kind, cycle, count(*) FROM run GROUP BY kind, cycle HAVING count(*) > 1",
}

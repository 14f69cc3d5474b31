"""The audit's questions about manual payments: who requested them, what they hold, how they end. Rule: R8.1, R8.2."""

from __future__ import annotations

from settlement.audit.check import MINOR_UNITS, Check, cycle_in, decimal_in

PAYMENTS = (
    Check(
        "payments_hold_back",
        "R8.2b",
        "What is held, reserved and set aside belongs to a manual payment under way, and to nothing else.",
        """
        SELECT coalesce(p.account_id, k.account_id) AS account_id, p.id AS payment, p.cycle, k.what, k.amount_minor
        FROM (SELECT account_id, id, cycle, total_minor FROM bill_payment WHERE state = 'running') AS p
        FULL JOIN (
            SELECT id AS account_id, 'set aside' AS what, held_minor AS amount_minor FROM account WHERE held_minor > 0
            UNION ALL SELECT account_id, 'reserved of bill ' || cycle, reserved_minor FROM bill WHERE reserved_minor > 0
            UNION ALL SELECT account_id, 'hold ' || ref, 0 FROM write_off_hold WHERE reason = 'manual_payment') AS k
            ON k.account_id = p.account_id
               AND (k.what = 'set aside' OR k.what = 'hold ' || p.id
                    OR (k.what = 'reserved of bill ' || p.cycle AND k.amount_minor = p.total_minor))
        WHERE p.id IS NULL OR k.account_id IS NULL
           OR NOT EXISTS (SELECT 1 FROM write_off_hold h
                          WHERE h.account_id = p.account_id AND h.reason = 'manual_payment'
                            AND h.ref = CAST(p.id AS text))
           OR NOT EXISTS (SELECT 1 FROM bill b WHERE b.account_id = p.account_id AND b.cycle = p.cycle
                          AND b.reserved_minor = p.total_minor)""",
    ),
    Check(
        "payments_as_requested",
        "R8.1a",
        "Every manual payment is of the bill that its event names, over its amount, its part from the balance and its "
        "channel; the charge is over the rest. One that completed has paid, one that runs has a charge under way, sets "
        "aside no more than its part from the balance and ends in time.",
        f"""
        SELECT p.account_id, p.external_id AS payment, p.cycle, p.state, p.total_minor, t.state AS charge
        FROM bill_payment p JOIN account a ON a.id = p.account_id JOIN {MINOR_UNITS} AS k ON k.code = a.currency
        LEFT JOIN inbox i ON i.id = p.id AND i.state = 'done' AND i.type = 'bill_payment_requested'
            AND i.account = a.external_id
        LEFT JOIN charge_attempt t ON t.account_id = p.account_id AND t.attempt_no = p.attempt_no
        WHERE i.id IS NULL OR p.external_id IS DISTINCT FROM i.data->>'payment' OR p.currency <> a.currency
           OR p.cycle IS DISTINCT FROM {cycle_in("i.data->>'cycle'")}
           OR p.total_minor <> {decimal_in("i.data->>'amount'")} * k.minor
           OR p.balance_minor <> {decimal_in("i.data->>'from_balance'")} * k.minor
           OR p.balance_minor <> p.total_minor - coalesce(t.amount_minor, 0)
           OR p.channel NOT IN (coalesce(i.data->>'channel', p.channel), 'balance')
           OR CASE WHEN p.state = 'completed' AND p.attempt_no IS NULL THEN NOT EXISTS (
                       SELECT 1 FROM repayment r WHERE r.account_id = p.account_id AND r.cycle = p.cycle
                         AND r.cause = 'payment\\:' || p.id AND r.amount_minor = p.total_minor)
                   WHEN p.state = 'completed' THEN t.state <> 'succeeded'
                   WHEN p.state = 'running' THEN a.held_minor > p.balance_minor
                       OR NOT CAST(:settings AS jsonb)->'leases_s'
                              @> to_jsonb(extract(epoch FROM p.lease_until - p.started_at))
                       OR t.state NOT IN ('waiting', 'sent', 'unknown', 'requires_action') END""",
        whole=True,
    ),
)

"""The audit's questions about manual payments: what is held for one that runs. Rule: R8.2."""

from __future__ import annotations

from settlement.audit.check import Check

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
)

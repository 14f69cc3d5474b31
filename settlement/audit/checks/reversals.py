"""The audit's questions about what gateways took back by themselves. Rule: R5.9, R11.5."""

from __future__ import annotations

from settlement.audit.check import Check

REVERSALS = (
    Check(
        "reversals_booked",
        "R5.9b",
        "What a reversal says is taken back went to its gateway, less what came again, and what it owes is entered so; "
        "nothing else moved under its name. It is in a state that refunds, or disputes, have.",
        """
        SELECT coalesce(r.account_id, l.account_id) AS account_id, r.gateway, r.gateway_ref, r.state, r.taken_minor,
               l.taken AS taken_entries_minor, r.owed_minor, l.owed AS owed_entries_minor
        FROM gateway_reversal r FULL JOIN (
            SELECT account_id, no, coalesce(sum(taken), 0) AS taken, coalesce(sum(owed), 0) AS owed
            FROM (SELECT account_id, CASE WHEN cause ~ '^reversal[:][0-9]{1,9}[:]'
                                          THEN CAST(split_part(cause, ':', 2) AS integer) END AS no,
                         CASE WHEN credit = 'gateway_clearing' THEN amount_minor
                              WHEN debit = 'gateway_clearing' THEN -amount_minor END AS taken,
                         CAST(NULL AS bigint) AS owed
                  FROM ledger_transfer WHERE cause LIKE 'reversal:%'
                  UNION ALL
                  SELECT account_id, CASE WHEN debit = 'reversal' THEN debit_ref ELSE credit_ref END, NULL,
                         CASE WHEN debit = 'reversal' THEN amount_minor ELSE -amount_minor END
                  FROM ledger_transfer WHERE debit = 'reversal' OR credit = 'reversal') AS sides
            GROUP BY account_id, no) AS l ON l.account_id = r.account_id AND l.no = r.reversal_no
        WHERE r.account_id IS NULL OR r.taken_minor <> coalesce(l.taken, 0) OR r.owed_minor <> coalesce(l.owed, 0)
           OR (r.kind = 'refund') <> (r.state IN ('pending', 'succeeded', 'failed'))""",
    ),
    Check(
        "charges_reversed",
        "R5.9b",
        "What a charge says was taken back of it is the sum of its reversals.",
        """
        SELECT coalesce(t.account_id, r.account_id) AS account_id, t.reference, t.reversed_minor,
               coalesce(r.total, 0) AS reversals_minor
        FROM (SELECT account_id, attempt_no, reference, reversed_minor FROM charge_attempt
              WHERE state = 'succeeded') AS t
        FULL JOIN (SELECT account_id, attempt_no, sum(taken_minor) AS total
                   FROM gateway_reversal GROUP BY account_id, attempt_no) AS r USING (account_id, attempt_no)
        WHERE t.reversed_minor IS DISTINCT FROM coalesce(r.total, 0)""",
    ),
    Check(
        "owed_paid_first",
        "R5.9c",
        "No account owes for a payment that was taken back while it has cash to spend.",
        """
        SELECT a.id AS account_id, a.cash_minor, a.frozen_minor, a.held_minor, r.owed AS owed_minor
        FROM (SELECT account_id, sum(owed_minor) AS owed FROM gateway_reversal
              WHERE owed_minor > 0 GROUP BY account_id) AS r
        JOIN account a ON a.id = r.account_id
        WHERE a.parked_at IS NULL AND a.cash_minor > a.frozen_minor + a.held_minor""",
    ),
)

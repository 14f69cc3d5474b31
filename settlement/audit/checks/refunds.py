"""The audit's questions about money on its way back to the methods that paid. Rule: R7.3, R11.5."""

from __future__ import annotations

from settlement.audit.check import Check

REFUNDS = (
    Check(
        "refunding_balance",
        "R11.2b",
        "What is on its way back, refund by refund, is the sum of its entries.",
        """
        SELECT coalesce(r.account_id, l.account_id) AS account_id, coalesce(r.refund_no, l.ref) AS refund, r.state,
               r.held AS stored_minor, coalesce(l.moved, 0) AS entries_minor
        FROM (SELECT account_id, refund_no, state, CASE WHEN finished_at IS NULL THEN amount_minor ELSE 0 END AS held
              FROM gateway_refund) AS r
        FULL JOIN (
            SELECT account_id, ref, sum(moved) AS moved FROM (
                SELECT account_id, credit_ref AS ref, amount_minor AS moved
                FROM ledger_transfer WHERE credit = 'refunding'
                UNION ALL
                SELECT account_id, debit_ref, -amount_minor FROM ledger_transfer WHERE debit = 'refunding') AS m
            GROUP BY account_id, ref) AS l ON l.account_id = r.account_id AND l.ref = r.refund_no
        WHERE r.held IS DISTINCT FROM coalesce(l.moved, 0)""",
    ),
    # What the bank sent back after it had been given back is entered from the gateway to cash, under the same cause.
    Check(
        "refunds_booked",
        "R7.3",
        "Every refund was granted by its event and went to the gateway, or to cash, once and whole, as its state says; "
        "nothing else went to a gateway, and nothing but charges and what banks sent back came from one.",
        """
        SELECT coalesce(r.account_id, l.account_id) AS account_id, r.reference, r.state, r.amount_minor,
               l.granted AS granted_minor, l.given AS given_minor, l.returned AS returned_minor, l.cash AS cash_minor
        FROM gateway_refund r FULL JOIN (
            SELECT account_id, ref, coalesce(sum(amount_minor) FILTER (WHERE way = 'granted'), 0) AS granted,
                   coalesce(sum(amount_minor) FILTER (WHERE way = 'given'), 0) AS given,
                   coalesce(sum(amount_minor) FILTER (WHERE way = 'returned'), 0) AS returned,
                   coalesce(sum(amount_minor) FILTER (WHERE way = 'cash'), 0) AS cash,
                   max(cause) FILTER (WHERE way = 'granted') AS cause
            FROM (
                SELECT account_id, credit_ref AS ref, amount_minor, cause,
                       CASE debit WHEN 'refund_grant' THEN 'granted' END AS way
                FROM ledger_transfer WHERE credit = 'refunding'
                UNION ALL
                SELECT account_id, debit_ref, amount_minor, cause,
                       CASE credit WHEN 'gateway_clearing' THEN 'given' WHEN 'cash' THEN 'cash' END
                FROM ledger_transfer WHERE debit = 'refunding'
                UNION ALL
                SELECT account_id, CASE WHEN cause ~ '^refund[:][0-9]{1,9}[:]failed$' AND credit = 'cash'
                                        THEN CAST(split_part(cause, ':', 2) AS bigint) END,
                       amount_minor, cause, 'returned'
                FROM ledger_transfer
                WHERE debit = 'gateway_clearing' AND credit <> 'collected' AND cause NOT LIKE 'reversal:%'
                UNION ALL
                SELECT account_id, NULL, amount_minor, cause, 'given'
                FROM ledger_transfer
                WHERE credit = 'gateway_clearing' AND debit <> 'refunding' AND cause NOT LIKE 'reversal:%') AS sides
            GROUP BY account_id, ref) AS l ON l.account_id = r.account_id AND l.ref = r.refund_no
        WHERE r.account_id IS NULL OR l.account_id IS NULL OR l.granted <> r.amount_minor
           OR l.cause <> 'event:' || r.inbox_id
           OR CASE r.state WHEN 'succeeded' THEN (l.given, l.returned, l.cash) <> (r.amount_minor, 0, 0)
                           WHEN 'failed' THEN (l.given, l.returned, l.cash) NOT IN (
                               (0, 0, r.amount_minor), (r.amount_minor, r.amount_minor, 0))
                           ELSE (l.given, l.returned, l.cash) <> (0, 0, 0) END""",
    ),
    Check(
        "charges_refunded",
        "R7.3b",
        "What a charge says was given back of it is the sum of its refunds that did not fail, and not above it; they "
        "and what its gateway took back are by that gateway, and of that charge there.",
        """
        SELECT t.account_id, t.reference, t.charged_minor, t.refunded_minor, coalesce(r.total, 0) AS refunds_minor
        FROM charge_attempt t LEFT JOIN (
            SELECT account_id, attempt_no, sum(amount_minor) AS total
            FROM gateway_refund WHERE state <> 'failed' GROUP BY account_id, attempt_no) AS r
            USING (account_id, attempt_no)
        WHERE t.refunded_minor <> coalesce(r.total, 0) OR t.refunded_minor > coalesce(t.charged_minor, 0)
           OR (r.total IS NOT NULL AND t.state <> 'succeeded')
        UNION ALL
        SELECT t.account_id, t.reference, t.charged_minor, t.refunded_minor, f.amount_minor
        FROM (SELECT account_id, attempt_no, gateway, charge_ref, amount_minor FROM gateway_refund
              UNION ALL
              SELECT account_id, attempt_no, gateway, NULL, amount_minor FROM gateway_reversal) AS f
        JOIN charge_attempt t USING (account_id, attempt_no)
        WHERE t.gateway <> f.gateway OR t.gateway_ref <> f.charge_ref""",
    ),
)

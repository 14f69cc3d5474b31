"""The audit's questions about collection: where it stands is what its bills and charges say. Rule: R5.2."""

from __future__ import annotations

from settlement.audit.check import MINOR_UNITS, Check

COLLECTION = (
    Check(
        "uncollected_fees",
        "R5.2a",
        "What is not collected yet is what accrues, month by month, less what charges brought in for it or may bring.",
        f"""
        SELECT c.account_id, c.uncollected_minor AS stored_minor, coalesce(f.minor, 0) AS fees_minor
        FROM collecting c LEFT JOIN (
            SELECT b.account_id, sum(greatest(0, greatest(0, floor((b.accrued + b.carried_in) * k.minor))
                                                 - coalesce(h.minor, 0))) AS minor
            FROM collecting m JOIN bill b ON b.account_id = m.account_id AND b.state = 'accruing'
            JOIN {MINOR_UNITS} AS k ON k.code = b.currency
            LEFT JOIN (
                SELECT l.account_id, l.cycle,
                       sum(CASE WHEN t.state = 'succeeded' THEN l.remaining_minor ELSE l.amount_minor END) AS minor
                FROM charge_line l JOIN charge_attempt t USING (account_id, attempt_no)
                WHERE t.state = 'succeeded' OR (t.state IN ('waiting', 'sent', 'unknown') AND t.reason <> 'manual')
                GROUP BY l.account_id, l.cycle) AS h ON h.account_id = b.account_id AND h.cycle = b.cycle
            GROUP BY b.account_id) AS f ON f.account_id = c.account_id
        WHERE c.uncollected_minor <> coalesce(f.minor, 0)""",
    ),
    # What was declined may have been taken after all; a suspension then began with an attempt that has succeeded.
    Check(
        "collection_status",
        "R5.4",
        "Whoever has a payment method is collected from: charges are numbered on, none starts by itself beside another "
        "one or after a decline, and a decline is followed until nothing is owed.",
        """
        SELECT account_id, what FROM (
            SELECT coalesce(c.account_id, m.account_id) AS account_id, CASE
                WHEN c.account_id IS NULL THEN 'a method, and nothing of collection'
                WHEN m.account_id IS NULL THEN 'collection without a method'
                WHEN c.last_attempt_no < t.last_no THEN 'numbers of charges'
                WHEN c.threshold_minor IS NOT NULL AND (a.credit_control OR t.in_flight OR m.chargeable IS NOT true
                                                        OR c.declining_since IS NOT NULL) THEN 'threshold'
                WHEN (c.declining_since IS NULL) <> (c.declined_cycle IS NULL)
                  OR (c.declining_since IS NULL) <> (c.noticed_until IS NULL)
                  OR (c.declining_since IS NULL AND (c.hard OR c.retry_owed)) THEN 'decline in part'
                WHEN c.declining_since IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM charge_attempt d
                    WHERE d.account_id = c.account_id AND d.reason <> 'manual' AND d.created_at <= c.declining_since
                      AND d.finished_at >= c.declining_since) THEN 'decline that never was'
                WHEN c.declining_since IS NULL AND t.last_state = 'declined' AND NOT EXISTS (
                    SELECT 1 FROM outbox o WHERE o.account_id = c.account_id AND o.topic = 'account.resumed'
                      AND o.created_at >= t.last_finished_at) THEN 'decline forgotten' END AS what
            FROM collecting c
            FULL JOIN (SELECT account_id, bool_or(is_default AND kind <> 'bank_transfer') AS chargeable
                       FROM payment_method GROUP BY account_id) AS m ON m.account_id = c.account_id
            LEFT JOIN account a ON a.id = c.account_id
            LEFT JOIN (
                SELECT account_id, max(attempt_no) AS last_no,
                       bool_or(state IN ('waiting', 'sent', 'unknown', 'requires_action')) AS in_flight,
                       (array_agg(state ORDER BY attempt_no DESC) FILTER (WHERE reason <> 'manual'))[1] AS last_state,
                       (array_agg(finished_at ORDER BY attempt_no DESC) FILTER (WHERE reason <> 'manual'))[1]
                           AS last_finished_at
                FROM charge_attempt GROUP BY account_id) AS t ON t.account_id = c.account_id) AS found
        WHERE what IS NOT NULL""",
    ),
)

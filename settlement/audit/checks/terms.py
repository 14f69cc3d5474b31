"""The audit's questions about payment terms: they are what was agreed last. Rule: R6.1."""

from __future__ import annotations

from settlement.audit.check import Check, cycle_in

TERMS = (
    Check(
        "terms_as_agreed",
        "R11.2e",
        "The payment terms of an account, by the month from which they hold, are those that events agreed last.",
        f"""
        SELECT coalesce(t.account_id, s.account_id) AS account_id, coalesce(t.from_cycle, s.from_cycle) AS cycle,
               t.period_days, s.data->>'period_days' AS agreed_days
        FROM payment_term t FULL JOIN (
            SELECT DISTINCT ON (a.id, i.data->>'from_cycle') a.id AS account_id, i.id, i.data,
                   {cycle_in("i.data->>'from_cycle'")} AS from_cycle
            FROM inbox i JOIN account a ON a.external_id = i.account
            WHERE i.type = 'payment_term_agreed' AND i.state = 'done'
            ORDER BY a.id, i.data->>'from_cycle', i.finished_at DESC, i.id DESC) AS s
            ON s.account_id = t.account_id AND s.from_cycle = t.from_cycle
        WHERE t.id IS DISTINCT FROM s.id
           OR (CAST(t.period_days AS text), t.until_cycle, CAST(t.settlement_cycle AS text), CAST(t.day_kind AS text),
               t.country, cardinality(t.closing_days))
              IS DISTINCT FROM
              (s.data->>'period_days', {cycle_in("s.data->>'until_cycle'")},
               coalesce(s.data->>'settlement_cycle', 'monthly'), coalesce(s.data->>'day_kind', 'calendar'),
               s.data->>'country', (SELECT count(DISTINCT d) FROM jsonb_array_elements(
                   CASE WHEN jsonb_typeof(s.data->'closing_days') = 'array' THEN s.data->'closing_days'
                        ELSE '[]' END) AS d))""",
        whole=True,
    ),
    # Whose contract was agreed, and who was on credit control, when the month was closed.
    Check(
        "bills_due",
        "R6.1",
        "Every bill of an account that always was on credit control, and whose payment term was agreed before the bill "
        "was issued, has the day on which it is due.",
        """
        SELECT b.account_id, b.cycle, b.issued_at, t.agreed_at, t.period_days
        FROM payment_term t JOIN account a ON a.id = t.account_id AND a.credit_control
        JOIN bill b ON b.account_id = t.account_id AND b.cycle BETWEEN t.from_cycle AND coalesce(t.until_cycle, b.cycle)
        WHERE b.due_on IS NULL AND t.agreed_at < b.issued_at
          AND NOT EXISTS (SELECT 1 FROM inbox i
                          WHERE i.account = a.external_id AND i.type = 'account_changed' AND i.state = 'done'
                            AND i.data->>'credit_control' IS NOT NULL)""",
        whole=True,
    ),
)

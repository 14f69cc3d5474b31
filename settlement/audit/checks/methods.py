"""The audit's questions about payment methods: whose money is asked for is what accepted events say. Rule: R5.1."""

from __future__ import annotations

from settlement.audit.check import MINOR_UNITS, Check, decimal_in

METHODS = (
    Check(
        "methods_as_added",
        "R11.2e",
        "Every payment method is as its event added it, is removed where an event said so, and nowhere else; every "
        "method that was added is there.",
        f"""
        SELECT account_id, method, what FROM (
            SELECT coalesce(m.account_id, a.id) AS account_id, coalesce(m.external_id, i.data->>'method') AS method,
                CASE
                WHEN m.id IS NULL THEN 'missing'
                WHEN i.id IS NULL OR m.account_id IS DISTINCT FROM a.id THEN 'never added'
                WHEN (m.external_id, CAST(m.kind AS text), m.gateway, m.customer_token, m.method_token)
                     IS DISTINCT FROM (i.data->>'method', i.data->>'kind', coalesce(i.data->>'gateway', ''),
                                       coalesce(i.data->>'customer_token', ''), coalesce(i.data->>'method_token', ''))
                     THEN 'tokens'
                WHEN m.threshold_minor IS DISTINCT FROM {decimal_in("i.data->>'threshold'")} * k.minor THEN 'threshold'
                WHEN (m.state = 'removed') <> (r.account IS NOT NULL) THEN 'removal'
                WHEN m.state = 'verified' AND NOT EXISTS (
                    SELECT 1 FROM pre_authorization p WHERE p.account_id = m.account_id AND p.method_id = m.id
                      AND p.state IN ('authorized', 'voided')) THEN 'verification'
                WHEN d.method = m.external_id AND m.state <> 'removed' AND NOT m.is_default THEN 'default' END AS what
            FROM payment_method m
            FULL JOIN (SELECT id, account, data FROM inbox WHERE type = 'payment_method_added' AND state = 'done') AS i
                ON i.id = m.id
            LEFT JOIN account a ON a.external_id = i.account LEFT JOIN {MINOR_UNITS} AS k ON k.code = a.currency
            LEFT JOIN (SELECT DISTINCT account, data->>'method' AS method FROM inbox
                       WHERE type = 'payment_method_removed' AND state = 'done') AS r
                ON r.account = i.account AND r.method = i.data->>'method'
            LEFT JOIN (SELECT DISTINCT ON (account) account, data->>'method' AS method FROM inbox
                       WHERE state = 'done'
                         AND (type = 'payment_method_default'
                              OR (type = 'payment_method_added' AND data->'make_default' IS DISTINCT FROM 'false'))
                       ORDER BY account, finished_at DESC, id DESC) AS d ON d.account = i.account) AS compared
        WHERE what IS NOT NULL""",
        whole=True,
    ),
    Check(
        "calls_by_method",
        "R11.5a",
        "Every charge and every pre-authorization is of a method of its account, by that method's tokens, in the "
        "currency of the account; a pre-authorization is one that an event requested.",
        """
        SELECT t.account_id, t.kind, t.reference, m.external_id AS method FROM (
            SELECT account_id, 'charge' AS kind, reference, method_id, gateway, customer_token, method_token, currency
            FROM charge_attempt
            UNION ALL
            SELECT p.account_id, 'pre-authorization', p.reference, CASE WHEN i.id IS NOT NULL THEN p.method_id END,
                   p.gateway, p.customer_token, p.method_token, p.currency
            FROM pre_authorization p LEFT JOIN inbox i ON i.id = p.id AND i.state = 'done'
                AND i.type IN ('payment_method_verify', 'product_activated')) AS t
        JOIN account a ON a.id = t.account_id LEFT JOIN payment_method m ON m.id = t.method_id
        WHERE m.id IS NULL OR t.currency <> a.currency
           OR (m.account_id, m.gateway, m.customer_token, m.method_token)
              <> (t.account_id, t.gateway, t.customer_token, t.method_token)""",
        whole=True,
    ),
)

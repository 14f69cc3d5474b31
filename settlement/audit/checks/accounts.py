"""The audit's questions about accounts: what they are set to is what accepted events have set. Rule: R11.2e.

What was said last counts, in the order in which events were booked.
"""

from __future__ import annotations

from settlement.audit.check import MINOR_UNITS, Check, decimal_in

ACCOUNTS = (
    Check(
        "account_values",
        "R11.2e",
        "Every account was opened by an event, and its limit, frozen amount and switches are what events said last.",
        f"""
        SELECT account_id, what, limit_minor, said_limit_minor, frozen_minor, said_frozen_minor FROM (
            SELECT a.id AS account_id, a.credit_limit_minor AS limit_minor, s.limit_minor AS said_limit_minor,
                   a.frozen_minor, s.frozen_minor AS said_frozen_minor,
                   CASE WHEN s.id IS NULL THEN 'never opened' ELSE concat_ws(', ',
                       CASE WHEN a.name <> s.name THEN 'name' END,
                       CASE WHEN a.currency <> s.currency THEN 'currency' END,
                       CASE WHEN a.credit_limit_minor IS DISTINCT FROM s.limit_minor THEN 'credit limit' END,
                       CASE WHEN a.frozen_minor IS DISTINCT FROM s.frozen_minor THEN 'frozen amount' END,
                       CASE WHEN CAST(a.credit_control AS text) <> s.credit_control THEN 'credit control' END,
                       CASE WHEN CAST(a.auto_write_off_enabled AS text) <> s.write_off THEN 'automatic write-off' END,
                       CASE WHEN CAST(a.write_off_past_bills AS text) <> s.past_bills THEN 'past bills' END) END AS what
            FROM account a LEFT JOIN (
                SELECT o.id, o.account, coalesce(o.data->>'name', '') AS name, o.data->>'currency' AS currency,
                       {decimal_in("coalesce(c.data->>'credit_limit', o.data->>'credit_limit', '0')")} * k.minor
                           AS limit_minor,
                       -- Of few accounts anything is frozen, and reading a decimal is dear.
                       CASE WHEN c.data->>'frozen_amount' IS NULL THEN 0
                            ELSE {decimal_in("(c.data->>'frozen_amount')")} * k.minor END AS frozen_minor,
                       coalesce(c.data->>'credit_control', o.data->>'credit_control', 'false') AS credit_control,
                       coalesce(c.data->>'auto_write_off', o.data->>'auto_write_off', 'true') AS write_off,
                       coalesce(c.data->>'write_off_past_bills', o.data->>'write_off_past_bills', 'false') AS past_bills
                FROM inbox o JOIN {MINOR_UNITS} AS k ON k.code = o.data->>'currency'
                LEFT JOIN (
                    -- Of a key that comes again the last value stays.
                    SELECT i.account, jsonb_object_agg(d.key, d.value ORDER BY i.finished_at, i.id) AS data
                    FROM inbox i CROSS JOIN LATERAL jsonb_each(i.data) AS d
                    WHERE i.type = 'account_changed' AND i.state = 'done' AND d.value <> 'null'
                    GROUP BY i.account) AS c ON c.account = o.account
                WHERE o.type = 'account_opened' AND o.state = 'done') AS s ON s.id = a.id AND s.account = a.external_id
            ) AS compared
        WHERE what <> ''""",
        whole=True,
    ),
    # Those of payments and settlements are held against what they are for by questions of their own.
    Check(
        "account_holds",
        "R11.2e",
        "Every hold that people set was set by an accepted event and has not been released by a later one; every one "
        "that was set and not released is there.",
        """
        SELECT coalesce(h.account_id, a.id) AS account_id, coalesce(h.reason, s.reason) AS reason,
               coalesce(h.ref, s.ref) AS ref, CASE WHEN h.account_id IS NULL THEN 'not held' ELSE 'held by nobody' END
               AS what
        FROM (SELECT w.*, n.external_id FROM write_off_hold w JOIN account n ON n.id = w.account_id
              WHERE w.reason NOT IN ('manual_payment', 'unified_settlement')) AS h
        FULL JOIN (
            SELECT DISTINCT ON (i.account, reason, ref) i.account, s.hold->>'reason' AS reason,
                   coalesce(s.hold->>'ref', '') AS ref, s.is_held
            FROM inbox i
            CROSS JOIN LATERAL (VALUES (1, true, i.data->'hold'), (2, false, i.data->'release'))
                AS s (step, is_held, hold)
            WHERE i.type = 'account_changed' AND i.state = 'done' AND s.hold <> 'null'
            ORDER BY i.account, reason, ref, i.finished_at DESC, i.id DESC, s.step DESC) AS s
            ON s.account = h.external_id AND s.reason = h.reason AND s.ref = h.ref
        LEFT JOIN account a ON a.external_id = s.account
        WHERE coalesce(s.is_held, false) <> (h.account_id IS NOT NULL)""",
        whole=True,
    ),
    Check(
        "credit_watched",
        "R11.2e",
        "Available credit is watched where events said so last, and against the line that they gave.",
        f"""
        SELECT coalesce(w.account_id, s.account_id) AS account_id, w.line_minor, s.line_minor AS said_line_minor
        FROM credit_watch w FULL JOIN (
            SELECT DISTINCT ON (i.account) a.id AS account_id,
                   {decimal_in("i.data->>'low_credit_line'")} * k.minor AS line_minor
            FROM inbox i JOIN account a ON a.external_id = i.account JOIN {MINOR_UNITS} AS k ON k.code = a.currency
            WHERE i.type = 'account_changed' AND i.state = 'done'
              AND (i.data->>'low_credit_line' IS NOT NULL OR i.data->'low_credit_watch' = 'false')
            ORDER BY i.account, i.finished_at DESC, i.id DESC) AS s ON s.account_id = w.account_id
        WHERE w.line_minor IS DISTINCT FROM s.line_minor""",
        whole=True,
    ),
    Check(
        "transferred_cash",
        "R9.2b",
        "What an account has of cash that came by transfer is what it was sent, less what it sent back and has paid "
        "since; none of it may be pulled back where there is no main account.",
        """
        WITH sent AS MATERIALIZED (
            SELECT e.account_id, e.id, e.posted_at,
                   CASE WHEN e.credit = 'cash' THEN e.amount_minor ELSE -e.amount_minor END AS moved
            FROM (SELECT account_id, id, posted_at, debit, credit, amount_minor, cause FROM ledger_transfer
                  WHERE (debit = 'transfer_clearing' AND credit = 'cash')
                     OR (debit = 'cash' AND credit = 'transfer_clearing')) AS e
            JOIN inbox i ON 'event:' || i.id = e.cause
            WHERE i.type = CASE WHEN e.credit = 'cash' THEN 'transfer' ELSE 'transfer_pulled_back' END)
        SELECT a.id AS account_id, a.transferred_in_minor AS stored_minor, coalesce(s.minor, 0) AS entries_minor,
               a.returnable_minor
        FROM account a LEFT JOIN (
            -- A payment takes no more of it than there is.
            SELECT DISTINCT ON (account_id) account_id,
                   total - least(0, min(total) OVER (PARTITION BY account_id)) AS minor
            FROM (SELECT account_id, id, sum(moved) OVER (PARTITION BY account_id ORDER BY id) AS total
                  FROM (SELECT account_id, id, moved FROM sent
                        UNION ALL
                        SELECT l.account_id, l.id, -l.amount_minor FROM ledger_transfer l
                        WHERE l.debit = 'cash' AND l.credit IN ('receivable', 'collected', 'reversal')
                          AND l.account_id IN (SELECT account_id FROM sent)) AS moves) AS running
            ORDER BY account_id, id DESC) AS s ON s.account_id = a.id
        WHERE a.transferred_in_minor <> coalesce(s.minor, 0) OR a.returnable_minor > a.transferred_in_minor
           OR (a.returnable_minor > 0 AND NOT EXISTS (
                   SELECT 1 FROM billing_relationship r WHERE r.member_id = a.id AND r.state = 'valid'))""",
        whole=True,
    ),
    Check(
        "parked_accounts",
        "R11.4a",
        "Whoever is parked was announced as parked, and takes part again only after that was announced.",
        """
        SELECT a.id AS account_id, a.parked_at, s.topic AS announced, s.created_at AS announced_at
        FROM account a LEFT JOIN (
            SELECT DISTINCT ON (account_id) account_id, topic, created_at FROM outbox
            WHERE topic IN ('account.parked', 'account.released') ORDER BY account_id, id DESC) AS s
            ON s.account_id = a.id
        WHERE (a.parked_at IS NOT NULL) <> (s.topic IS NOT DISTINCT FROM 'account.parked')""",
        whole=True,
    ),
)

"""The audit's questions about unified settlements: what they paid, hold and end with. Rule: R9.3."""

from __future__ import annotations

from settlement.audit.check import Check

UNIFIED_SETTLEMENTS = (
    Check(
        "unified_payments",
        "R9.3c",
        "What a unified settlement says it paid of a bill is what the bill's repayments say.",
        """
        SELECT coalesce(l.account_id, r.account_id) AS account_id, coalesce(l.cycle, r.cycle) AS cycle,
               coalesce(l.settlement, r.settlement) AS settlement, coalesce(l.paid, 0) AS list_minor,
               coalesce(r.paid, 0) AS repayments_minor
        FROM (SELECT account_id, cycle, CAST(settlement_id AS text) AS settlement, paid_minor AS paid
              FROM unified_line WHERE paid_minor > 0) AS l
        FULL JOIN (SELECT account_id, cycle, split_part(cause, ':', 2) AS settlement, sum(amount_minor) AS paid
                   FROM repayment WHERE initiator = 'unified_settlement' GROUP BY 1, 2, 3) AS r
            ON r.account_id = l.account_id AND r.cycle = l.cycle AND r.settlement = l.settlement
        WHERE l.paid IS DISTINCT FROM r.paid""",
    ),
    Check(
        "unified_holds",
        "R9.3f",
        "Every account on the list of a settlement that is not over is held for it, and no other account is.",
        """
        SELECT coalesce(o.account_id, h.account_id) AS account_id, coalesce(o.settlement, h.ref) AS settlement,
               CASE WHEN h.ref IS NULL THEN 'not held' ELSE 'held for nothing' END AS what
        FROM (SELECT DISTINCT l.account_id, CAST(s.id AS text) AS settlement
              FROM unified_settlement s JOIN unified_line l ON l.settlement_id = s.id AND l.state = 'open') AS o
        FULL JOIN (SELECT account_id, ref FROM write_off_hold WHERE reason = 'unified_settlement') AS h
            ON h.account_id = o.account_id AND h.ref = o.settlement
        WHERE h.ref IS NULL
           OR (o.settlement IS NULL AND NOT EXISTS (
                   SELECT 1 FROM unified_settlement s JOIN unified_line l ON l.settlement_id = s.id AND l.state = 'paid'
                   WHERE s.state IN ('draft', 'running') AND CAST(s.id AS text) = h.ref
                     AND l.account_id = h.account_id))""",
    ),
    Check(
        "unified_over",
        "R9.3d",
        "A settlement that is over has nothing open, and of a bill that it lists as paid no more is owed than what "
        "gateways took back.",
        """
        SELECT l.account_id, l.cycle, s.id AS settlement, s.state, l.state AS line_state
        FROM unified_settlement s JOIN unified_line l ON l.settlement_id = s.id
        LEFT JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle
        WHERE (s.state IN ('completed', 'closed') AND l.state = 'open')
           OR (l.state = 'paid' AND b.state IS DISTINCT FROM 'settled'
               AND (SELECT b.payable_minor - b.paid_minor <= -sum(r.amount_minor) FROM repayment r
                    WHERE r.account_id = b.account_id AND r.cycle = b.cycle
                      AND r.initiator = 'reversal') IS NOT true)""",
    ),
    Check(
        "unified_as_asked",
        "R9.3a",
        "Every unified settlement was made by an event of its main account, pays nothing unless one has it run, and is "
        "closed or deleted only by one.",
        """
        SELECT s.main_id AS account_id, s.external_id AS settlement, s.state, s.rounds
        FROM unified_settlement s JOIN account a ON a.id = s.main_id
        LEFT JOIN inbox i ON i.id = s.id AND i.state = 'done' AND i.type = 'unified_settlement_created'
            AND i.account = a.external_id AND i.data->>'settlement' = s.external_id
        LEFT JOIN (
            SELECT account, data->>'settlement' AS settlement,
                   bool_or(type = 'unified_settlement_run') AS is_run,
                   bool_or(type <> 'unified_settlement_run') AS is_over,
                   bool_or(type = 'unified_settlement_deleted') AS is_deleted
            FROM inbox WHERE state = 'done'
              AND type IN ('unified_settlement_run', 'unified_settlement_closed', 'unified_settlement_deleted')
            GROUP BY 1, 2) AS said ON said.account = a.external_id AND said.settlement = s.external_id
        WHERE i.id IS NULL OR s.currency <> a.currency
           OR ((s.rounds > 0 OR s.state IN ('running', 'completed')) AND said.is_run IS NOT true)
           OR (s.state = 'draft') <> (s.run_at IS NULL AND said.is_run IS NOT true AND s.finished_at IS NULL)
           OR (s.state = 'closed' AND said.is_over IS NOT true)
           OR (s.deleted_at IS NOT NULL) <> coalesce(said.is_deleted, false)""",
        whole=True,
    ),
)

"""The audit's questions about slots, and about what keeps the ledger as it is. Rule: R3.6, R11.2."""

from __future__ import annotations

from settlement.audit.check import Check

UPKEEP = (
    Check(
        "slots_have_outcomes",
        "R3.6a",
        "Every calendar instant that was recorded an hour ago has been worked off, or a run is on its way to it.",
        """
        SELECT CAST(NULL AS bigint) AS account_id, s.job, s.logical_at, s.state, s.run_id AS run
        FROM schedule_slot s
        WHERE (s.state = 'owed' AND s.noticed_at < clock_timestamp() - interval '1 hour'
               AND NOT EXISTS (SELECT 1 FROM run r WHERE r.kind = s.job AND r.state <> 'done'))
           OR (s.state = 'done' AND s.job = 'month_close' AND s.run_id IS NULL)""",
        whole=True,
    ),
    Check(
        "ledger_partitions",
        "R11.2a",
        "Every entry lies in the partition of its month; the one for everything else is empty.",
        """
        SELECT CAST(NULL AS bigint) AS account_id, to_char(posted_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
               count(*) AS entries
        FROM ledger_transfer WHERE tableoid = CAST('ledger_transfer_default' AS regclass) GROUP BY 2""",
        whole=True,
    ),
    Check(
        "append_only",
        "R11.2a",
        "Entries, repayments and fees are guarded against change, in every partition.",
        """
        SELECT CAST(NULL AS bigint) AS account_id, c.relname AS table_name
        FROM (SELECT oid, relname FROM pg_class
              WHERE oid IN (CAST('ledger_transfer' AS regclass), CAST('repayment' AS regclass),
                            CAST('repayment_line' AS regclass), CAST('fee' AS regclass))
              UNION ALL
              SELECT p.oid, p.relname FROM pg_inherits n JOIN pg_class p ON p.oid = n.inhrelid
              WHERE n.inhparent = CAST('ledger_transfer' AS regclass)) AS c
        WHERE NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = 'append_only'
                          AND g.tgenabled IN ('O', 'A'))""",
        whole=True,
    ),
)

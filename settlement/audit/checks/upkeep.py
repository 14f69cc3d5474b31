"""The audit's questions about slots, and about what keeps the ledger as it is. Rule: R3.6, R11.2."""

from __future__ import annotations

from settlement.audit.check import Check, first_day_of
from settlement.storage.tables.schema import APPEND_ONLY

# When the month after that of a run begins, in UTC.
_NEXT_MONTH = f"{first_day_of('cycle')} + interval '1 month'"
_APPEND_ONLY = ", ".join(f"CAST('{table}' AS regclass)" for table in APPEND_ONLY)

UPKEEP = (
    Check(
        "slots_have_outcomes",
        "R3.6a",
        "Every calendar instant that was recorded an hour ago has been worked off, or a run is on its way to it; none "
        "is on record before it has come, and a run that worked one off is of its kind.",
        f"""
        SELECT CAST(NULL AS bigint) AS account_id, s.job, s.logical_at, s.state, s.run_id AS run
        FROM schedule_slot s
        WHERE (s.state = 'owed' AND s.noticed_at < clock_timestamp() - interval '1 hour'
               AND NOT EXISTS (SELECT 1 FROM run r WHERE r.kind = s.job AND r.state <> 'done'))
           OR s.logical_at > CAST(:at AS timestamptz) + interval '1 hour'
           OR (s.state = 'done' AND s.job IN ('month_close', 'month_end_sweep') AND s.run_id IS NULL)
           OR EXISTS (SELECT 1 FROM run r WHERE r.id = s.run_id AND r.kind <> s.job)
        UNION ALL
        -- A run keeps the month from being swept, or closed, once more.
        SELECT NULL, kind, logical_at, NULL, id FROM run
        WHERE logical_at > CAST(:at AS timestamptz) + interval '1 hour'
           OR (logical_at AT TIME ZONE 'UTC' BETWEEN {_NEXT_MONTH} - CASE kind WHEN 'month_end_sweep'
                   THEN interval '1 day 14 hours' ELSE interval '14 hours' END
               AND {_NEXT_MONTH} + CASE kind WHEN 'month_end_sweep'
                   THEN interval '12 hours' ELSE interval '1 month 12 hours' END) IS NOT true""",
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
        "Entries, repayments, fees and settings are guarded against change and against being emptied, in every "
        "partition, and fees against being booked again out of an archive, or to an account that there is not.",
        f"""
        SELECT CAST(NULL AS bigint) AS account_id, c.relname AS table_name, guard.name AS guard
        FROM (SELECT oid, relname FROM pg_class WHERE oid IN ({_APPEND_ONLY})
              UNION ALL
              SELECT p.oid, p.relname FROM pg_inherits n JOIN pg_class p ON p.oid = n.inhrelid
              WHERE n.inhparent IN ({_APPEND_ONLY})) AS c
        JOIN (VALUES ('append_only'), ('no_truncate'), ('archived_once'), ('of_an_account')) AS guard (name)
            ON guard.name NOT IN ('archived_once', 'of_an_account') OR c.oid = CAST('fee' AS regclass)
        WHERE NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = guard.name
                          AND g.tgenabled IN ('O', 'A'))""",
        whole=True,
    ),
)

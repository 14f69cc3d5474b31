"""The audit's questions about archives: what left the database is on record, whole and once. Rule: R11.12."""

from __future__ import annotations

from settlement.audit.check import Check, decimal_in

ARCHIVES = (
    Check(
        "archives_on_record",
        "R11.12c",
        "Of every archive there are as many bills, and identities of fees and events, as were written out, and its "
        "bills come to the sum of the fees in its files.",
        f"""
        SELECT CAST(NULL AS bigint) AS account_id, coalesce(a.id, b.id, f.id, e.id) AS archive, a.bills,
               b.bills AS marked, a.fees, f.fees AS fees_known, a.events, e.events AS events_known
        FROM (SELECT id, bills, fees, events FROM archive WHERE kind = 'bills') AS a
        FULL JOIN (SELECT archive_id AS id, count(*) AS bills FROM bill WHERE archive_id IS NOT NULL GROUP BY 1) AS b
            ON b.id = a.id
        FULL JOIN (SELECT archive_id AS id, count(*) AS fees FROM archived_fee GROUP BY 1) AS f
            ON f.id = coalesce(a.id, b.id)
        FULL JOIN (SELECT archive_id AS id, count(*) AS events FROM archived_event GROUP BY 1) AS e
            ON e.id = coalesce(a.id, b.id, f.id)
        WHERE a.id IS NULL OR a.bills <> coalesce(b.bills, 0) OR a.fees <> coalesce(f.fees, 0)
           OR a.events <> coalesce(e.events, 0)
        UNION ALL
        SELECT NULL, coalesce(s.id, t.id), NULL, NULL, NULL, NULL, NULL, NULL
        FROM (SELECT a.id, t.key AS currency, {decimal_in("t.value")} AS total
              FROM archive a CROSS JOIN LATERAL jsonb_each_text(a.sums) AS t) AS s
        FULL JOIN (SELECT archive_id AS id, CAST(currency AS text) AS currency, sum(accrued) AS total
                   FROM bill WHERE archive_id IS NOT NULL GROUP BY 1, 2 HAVING sum(accrued) <> 0) AS t
            ON t.id = s.id AND t.currency = s.currency
        WHERE s.total IS DISTINCT FROM t.total""",
        whole=True,
    ),
    Check(
        "archived_once",
        "R11.12c",
        "Nothing is in an archive and in the database as well.",
        """
        SELECT f.account_id, 'fee ' || f.fee_key AS what, g.archive_id AS archive
        FROM archived_fee g JOIN fee f ON f.account_id = g.account_id AND f.fee_key = g.fee_key
        UNION ALL
        SELECT e.account_id, 'event ' || i.id, e.archive_id
        FROM archived_event e JOIN inbox i ON event_identity(i.source, i.event_id) = e.identity
        WHERE i.conflict_of IS NULL
        UNION ALL
        SELECT b.account_id, 'fees of bill ' || b.cycle, b.archive_id
        FROM bill b WHERE b.archive_id IS NOT NULL
          AND EXISTS (SELECT 1 FROM fee f WHERE f.account_id = b.account_id AND f.cycle = b.cycle)""",
        whole=True,
    ),
)

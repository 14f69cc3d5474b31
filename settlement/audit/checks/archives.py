"""The audit's questions about archives: what left the database is on record, whole and once. Rule: R11.12."""

from __future__ import annotations

from settlement.audit.check import Check, decimal_in
from settlement.storage.work.operating import archived_bills, archived_ledger

ARCHIVES = (
    Check(
        "archives_on_record",
        "R11.12c",
        "Of every archive there are the bills, and as many identities of events, that were written out, and of all "
        "archives the identities of fees; its bills come to the sum of the fees in its files, each to its own.",
        f"""
        SELECT CAST(NULL AS bigint) AS account_id, coalesce(a.id, b.id, e.id) AS archive, a.bills,
               b.bills AS marked, NULL AS fees, NULL AS fees_known, a.events, e.events AS events_known
        FROM (SELECT id, CASE kind WHEN 'bills' THEN bills ELSE 0 END AS bills, events,
                     CASE kind WHEN 'bills' THEN bills_digest END AS bills_digest
              FROM archive WHERE kind IN ('bills', 'ledger')) AS a
        FULL JOIN (SELECT archive_id AS id, count(*) AS bills,
                          sum({archived_bills.BILL_DIGEST}) AS digest
                   FROM bill b WHERE archive_id IS NOT NULL GROUP BY 1) AS b
            ON b.id = a.id
        FULL JOIN (SELECT archive_id AS id, count(*) AS events FROM archived_event GROUP BY 1) AS e
            ON e.id = coalesce(a.id, b.id)
        WHERE a.id IS NULL OR a.bills <> coalesce(b.bills, 0) OR a.bills_digest <> coalesce(b.digest, 0)
           OR a.events <> coalesce(e.events, 0)
        UNION ALL
        SELECT NULL, NULL, NULL, NULL, a.fees, f.fees, NULL, NULL
        FROM (SELECT coalesce(sum(fees), 0) AS fees, coalesce(sum(fees_digest), 0) AS digest FROM archive) AS a
        CROSS JOIN (SELECT count(k.fee_key) AS fees, coalesce(sum(uuid_hash_extended(k.fee_key, 0)), 0) AS digest
                    FROM archived_fee_keys g CROSS JOIN LATERAL unnest(g.fee_keys) AS k (fee_key)) AS f
        WHERE a.fees <> f.fees OR a.digest <> f.digest
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
        SELECT f.account_id, 'fee ' || f.fee_key AS what, CAST(NULL AS integer) AS archive
        FROM archived_fee_keys g CROSS JOIN LATERAL unnest(g.fee_keys) AS k (fee_key)
        JOIN fee f ON f.account_id = g.account_id AND f.fee_key = k.fee_key
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
    Check(
        "archived_ledgers",
        "R11.12f",
        "Of every archive of the ledger there are the bills that were written out, as they were. Of an account whose "
        "entries are in one, an entry right before the month with which the others begin has what they came to; before "
        "that month nothing else is dated but what the account was opened with.",
        f"""
        SELECT CAST(NULL AS bigint) AS account_id, coalesce(a.id, b.id) AS archive, CAST(NULL AS text) AS cause,
               a.bills, b.bills AS marked
        FROM (SELECT id, bills, bills_digest FROM archive WHERE kind = 'ledger') AS a
        FULL JOIN (SELECT records_archive_id AS id, count(*) AS bills,
                          sum({archived_ledger.BILL_DIGEST}) AS digest
                   FROM bill b WHERE records_archive_id IS NOT NULL GROUP BY 1) AS b ON b.id = a.id
        WHERE a.id IS NULL OR a.bills <> coalesce(b.bills, 0) OR a.bills_digest <> coalesce(b.digest, 0)
        UNION ALL
        SELECT coalesce(s.account_id, l.account_id), s.archive_id, l.cause, NULL, NULL
        FROM (SELECT * FROM archived_ledger WHERE cash_minor <> 0) AS s
        FULL JOIN (SELECT account_id, cause, posted_at,
                          CASE WHEN credit = 'cash' THEN amount_minor ELSE -amount_minor END AS minor
                   FROM ledger_transfer WHERE cause LIKE 'archive:%') AS l
            ON l.account_id = s.account_id AND l.cause = 'archive:' || s.archive_id AND l.minor = s.cash_minor
               AND l.posted_at = s.until - interval '1 microsecond'
        WHERE s.account_id IS NULL OR l.account_id IS NULL
        UNION ALL
        SELECT s.account_id, s.archive_id, l.cause, NULL, NULL
        FROM archived_ledger s JOIN ledger_transfer l ON l.account_id = s.account_id AND l.posted_at < s.until
        WHERE l.cause NOT LIKE 'archive:%' AND NOT (l.debit = 'opening' AND l.cause LIKE 'event:%')""",
        whole=True,
    ),
)

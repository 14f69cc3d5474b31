"""The audit's questions about fees: each leads back to what reported it, which is booked whole and once. Rule: R2.1."""

from __future__ import annotations

from settlement.audit.check import Check, decimal_in, first_day_of

# The fees that an event reports, and a number for what each says, which can be added up: reported, and booked.
_REPORTED = "CASE WHEN jsonb_typeof(i.data->'fees') = 'array' THEN i.data->'fees' ELSE '[]' END"
_MARK = "hashtext({} || chr(31) || {} || chr(31) || {})"
_MARK_REPORTED = _MARK.format(
    "(f.value->>'amount')", "(f.value->>'product')", "coalesce(f.value->>'order_id', '')"
)
_MARK_BOOKED = _MARK.format("CAST(amount AS text)", "product", "order_id")


def _total(name: str) -> str:
    """The sums of a report, of all currencies together."""
    return f"(SELECT coalesce(sum({decimal_in('t.value')}), 0) FROM jsonb_each_text(report->'{name}') AS t)"


FEES = (
    Check(
        "fee_origin",
        "R11.1a",
        "Every fee leads back to an accepted event or to an import.",
        """
        SELECT f.account_id, f.cycle, f.fee_key, f.amount, f.inbox_id, f.import_id
        FROM fee f
        LEFT JOIN inbox i ON i.id = f.inbox_id AND i.state = 'done' AND i.type = 'fees'
        LEFT JOIN fee_import m ON m.id = f.import_id
        WHERE (f.inbox_id IS NOT NULL AND i.id IS NULL) OR (f.import_id IS NOT NULL AND m.id IS NULL)
           OR (f.inbox_id IS NULL AND f.import_id IS NULL)""",
    ),
    # Few events repeat fees, and only their senders are looked at fee by fee.
    Check(
        "event_fees",
        "R11.2g",
        "Every accepted event has its fees booked, each once, to its account, with its amount, product and order; fees "
        "that its sender had reported before are left out.",
        f"""
        WITH odd AS MATERIALIZED (
            SELECT s.id, s.source, s.account, a.id AS account_id, s.fees, coalesce(b.fees, 0) AS booked,
                   b.account_id = a.id AND b.last_account_id = a.id AS is_its_own
            -- Each event by itself: a sum over all fees of all events would carry sources and names along.
            FROM (SELECT i.id, i.source, i.account, jsonb_array_length({_REPORTED}) AS fees,
                         (SELECT sum({_MARK_REPORTED}) FROM jsonb_array_elements({_REPORTED}) AS f) AS mark
                  FROM inbox i WHERE i.type = 'fees' AND i.state = 'done' OFFSET 0) AS s
            LEFT JOIN account a ON a.external_id = s.account
            LEFT JOIN (SELECT inbox_id, min(account_id) AS account_id, max(account_id) AS last_account_id,
                              count(*) AS fees, sum({_MARK_BOOKED}) AS mark
                       FROM fee WHERE inbox_id IS NOT NULL GROUP BY inbox_id) AS b ON b.inbox_id = s.id
            WHERE s.fees <> coalesce(b.fees, 0) OR s.mark IS DISTINCT FROM b.mark
               OR b.account_id IS DISTINCT FROM a.id OR b.last_account_id IS DISTINCT FROM a.id),
        -- Another way to write the same amount is no fault.
        wrong AS (
            SELECT id FROM odd o
            WHERE booked > fees OR NOT is_its_own OR account_id IS NULL OR (booked = fees AND EXISTS (
                (SELECT {decimal_in("f.value->>'amount'")}, f.value->>'product', coalesce(f.value->>'order_id', '')
                 FROM inbox i CROSS JOIN LATERAL jsonb_array_elements({_REPORTED}) AS f WHERE i.id = o.id
                 EXCEPT ALL
                 SELECT amount, product, order_id FROM fee f
                 WHERE f.account_id = o.account_id AND f.inbox_id = o.id)))),
        repeating AS MATERIALIZED (SELECT DISTINCT source, account, account_id FROM odd WHERE booked < fees),
        reported AS (
            SELECT source, account, count(*) AS fees, sum(amount) AS total
            FROM (SELECT DISTINCT ON (r.source, r.account, f.value->>'id') r.source, r.account,
                         {decimal_in("f.value->>'amount'")} AS amount
                  FROM repeating r
                  JOIN inbox i ON i.source = r.source AND i.account = r.account AND i.type = 'fees' AND i.state = 'done'
                  CROSS JOIN LATERAL jsonb_array_elements({_REPORTED}) AS f) AS each
            GROUP BY source, account),
        booked AS (
            SELECT r.source, r.account, count(*) AS fees, sum(f.amount) AS total
            FROM repeating r JOIN fee f ON f.account_id = r.account_id
            JOIN inbox i ON i.id = f.inbox_id AND i.source = r.source AND i.account = r.account
            GROUP BY r.source, r.account)
        SELECT o.account_id, o.id AS inbox_id, o.source, o.account AS named, o.fees, o.booked
        FROM odd o LEFT JOIN wrong w ON w.id = o.id
        LEFT JOIN reported r ON r.source = o.source AND r.account = o.account
        LEFT JOIN booked b ON b.source = o.source AND b.account = o.account
        WHERE w.id IS NOT NULL
           OR (o.booked < o.fees AND (r.fees IS DISTINCT FROM b.fees OR r.total IS DISTINCT FROM b.total))""",
        whole=True,
    ),
    Check(
        "import_fees",
        "R11.2g",
        "Of every import that ended there are as many fees as its report says, and they come to the sum that it says.",
        f"""
        SELECT CAST(NULL AS bigint) AS account_id, m.id AS import, m.file_name, m.expected,
               coalesce(b.fees, 0) AS booked, m.total AS expected_sum, coalesce(b.total, 0) AS booked_sum
        FROM (SELECT id, file_name,
                     CASE WHEN report->>'dry_run' = 'true' THEN 0
                          ELSE {decimal_in("report->>'accepted'")}
                               + coalesce({decimal_in("report->>'taken_back'")}, 0) END AS expected,
                     CASE WHEN report->>'dry_run' = 'true' THEN 0
                          ELSE {_total("totals")} - {_total("taken_back_totals")} END AS total
              FROM fee_import WHERE finished_at IS NOT NULL AND jsonb_typeof(report) = 'object') AS m
        LEFT JOIN (SELECT import_id, count(*) AS fees, sum(amount) AS total
                   FROM fee WHERE import_id IS NOT NULL GROUP BY import_id) AS b ON b.import_id = m.id
        WHERE m.expected IS DISTINCT FROM coalesce(b.fees, 0) OR m.total IS DISTINCT FROM coalesce(b.total, 0)""",
        whole=True,
    ),
    Check(
        "fee_months",
        "R2.3a",
        "Every fee is in the month in which it was incurred, or late in a later one.",
        f"""
        SELECT account_id, cycle, fee_key, amount, incurred_at, late
        FROM (SELECT account_id, cycle, fee_key, amount, incurred_at, late, incurred_at AT TIME ZONE 'UTC' AS at,
                     {first_day_of("cycle")} AS first FROM fee) AS f
        WHERE CASE WHEN late THEN at >= first + interval '12 hours'
                   ELSE at < first - interval '14 hours' OR at >= first + interval '1 month 12 hours' END""",
    ),
)

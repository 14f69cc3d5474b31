"""The audit's questions about bills: what they are made of, what paid them, their state. Rule: R1.2, R10.1."""

from __future__ import annotations

from settlement.audit.check import MINOR_UNITS, Check, first_day_of

# When the month of a fee ends, earliest and latest, whatever the billing zone is.
_FIRST_END, _LAST_END = (
    f"CAST({first_day_of('cycle')} + interval '1 month {hours}' AS timestamp) AT TIME ZONE 'UTC'"
    for hours in ("-14 hours", "12 hours")
)

BILLS = (
    Check(
        "bill_entries",
        "R11.2b",
        "What a bill says is payable and paid was entered as owed, once and when it was issued, and as paid.",
        """
        SELECT coalesce(b.account_id, l.account_id) AS account_id, coalesce(b.cycle, l.cycle) AS cycle,
               b.payable_minor, coalesce(l.owed, 0) AS owed_entries_minor,
               b.paid_minor, coalesce(l.paid, 0) AS paid_entries_minor
        FROM bill b FULL JOIN (
            SELECT account_id, CASE WHEN debit = 'receivable' THEN debit_ref ELSE credit_ref END AS cycle,
                   sum(amount_minor) FILTER (WHERE debit = 'receivable' AND credit <> 'collected') AS owed,
                   min(posted_at) FILTER (WHERE credit = 'revenue') AS issued_at,
                   count(*) FILTER (WHERE credit = 'revenue') AS times,
                   sum(CASE WHEN credit = 'receivable' THEN amount_minor
                            WHEN credit = 'collected' THEN -amount_minor END) AS paid
            FROM ledger_transfer WHERE debit = 'receivable' OR credit = 'receivable' GROUP BY 1, 2) AS l
            ON l.account_id = b.account_id AND l.cycle = b.cycle
        WHERE b.account_id IS NULL
           OR (b.records_archive_id IS NULL
               AND (coalesce(b.payable_minor, 0) <> coalesce(l.owed, 0) OR b.paid_minor <> coalesce(l.paid, 0)))
           OR (b.records_archive_id IS NOT NULL AND l.account_id IS NOT NULL)
           OR l.times > 1 OR l.issued_at <> b.issued_at""",
    ),
    Check(
        "bill_repayments",
        "R10.1c",
        "What a bill says is paid is the sum of its repayments.",
        """
        SELECT coalesce(b.account_id, r.account_id) AS account_id, coalesce(b.cycle, r.cycle) AS cycle,
               b.paid_minor, coalesce(r.repaid, 0) AS repayments_minor
        FROM bill b FULL JOIN (
            SELECT account_id, cycle, sum(amount_minor) AS repaid FROM repayment GROUP BY account_id, cycle) AS r
            ON r.account_id = b.account_id AND r.cycle = b.cycle
        WHERE CASE WHEN b.records_archive_id IS NULL THEN coalesce(b.paid_minor, 0) <> coalesce(r.repaid, 0)
                   ELSE r.account_id IS NOT NULL END""",
    ),
    Check(
        "repayment_lines",
        "R10.1c",
        "Every repayment is the sum of its lines.",
        """
        SELECT coalesce(r.account_id, l.account_id) AS account_id, coalesce(r.cycle, l.cycle) AS cycle,
               coalesce(r.cause, l.cause) AS cause, r.amount_minor, l.total AS lines_minor
        FROM repayment r FULL JOIN (
            SELECT account_id, cycle, cause, sum(amount_minor) AS total
            FROM repayment_line GROUP BY account_id, cycle, cause) AS l
            ON l.account_id = r.account_id AND l.cycle = r.cycle AND l.cause = r.cause
        WHERE r.amount_minor IS DISTINCT FROM l.total""",
    ),
    Check(
        "repayment_entries",
        "R10.1b",
        "Every line of a repayment was entered from the fund it names, and nothing else was entered as paid.",
        """
        SELECT coalesce(l.account_id, e.account_id) AS account_id, coalesce(l.cycle, e.cycle) AS cycle,
               coalesce(l.cause, e.cause) AS cause, coalesce(l.source, e.source) AS source,
               coalesce(l.source_id, e.source_id) AS source_id, l.total AS lines_minor, e.total AS entries_minor
        FROM (SELECT account_id, CAST(cycle AS bigint) AS cycle, cause, CAST(source AS text) AS source, source_id,
                     sum(amount_minor) AS total
              FROM repayment_line GROUP BY 1, 2, 3, 4, 5) AS l
        FULL JOIN (SELECT account_id, credit_ref AS cycle, cause,
                          CASE debit WHEN 'collected' THEN 'external' WHEN 'transfer_clearing' THEN 'main_account'
                               ELSE CAST(debit AS text) END AS source,
                          debit_ref AS source_id, sum(amount_minor) AS total
                   FROM ledger_transfer WHERE credit = 'receivable' GROUP BY 1, 2, 3, 4, 5
                   UNION ALL
                   SELECT account_id, debit_ref, cause, 'external', credit_ref, -sum(amount_minor)
                   FROM ledger_transfer WHERE debit = 'receivable' AND credit = 'collected'
                   GROUP BY 1, 2, 3, 4, 5) AS e
            ON e.account_id = l.account_id AND e.cycle = l.cycle AND e.cause = l.cause AND e.source = l.source
               AND e.source_id = l.source_id
        WHERE l.total IS DISTINCT FROM e.total""",
    ),
    # Whether the charge of a fee ended within its month is not kept of fees by events, whose senders said it, nor of
    # imports of an export that has no name; nor is the billing zone looked at.
    Check(
        "bill_fees",
        "R1.2c",
        "What accrued on every line of a bill is exactly the sum of the fees of its cycle, product and order, and of "
        "those only what lies in that one month is for cards that ask for it, until the fees are in an archive.",
        f"""
        SELECT s.account_id, s.cycle, s.product, s.order_id, l.accrued,
               coalesce(l.accrued, 0) - s.left_over AS fees, l.beyond, l.beyond - s.beyond_left_over AS fees_beyond
        FROM (
            -- Both sides in one sum, fees as less: over every line and fee there are, a join, or a sum for each side,
            -- costs more.
            SELECT account_id, cycle, product, order_id, sum(amount) AS left_over,
                   coalesce(sum(amount) FILTER (WHERE is_beyond), 0) AS beyond_left_over,
                   bool_and(is_line) <> bool_or(is_line) AS is_both, bool_or(unknown) AS unknown
            FROM (SELECT account_id, cycle, product, order_id, accrued AS amount, NOT single_month AS is_beyond,
                         true AS is_line, false AS unknown
                  FROM bill_line
                  UNION ALL
                  SELECT account_id, cycle, product, order_id, -amount,
                         late OR (ended_at IS NOT NULL AND ended_at > {_LAST_END}), false,
                         import_id IS NOT NULL AND NOT late
                         AND CASE WHEN export_id IS NULL THEN true WHEN ended_at IS NULL THEN false
                                  ELSE ended_at > {_FIRST_END} AND ended_at <= {_LAST_END} END
                  FROM fee) AS each
            GROUP BY 1, 2, 3, 4) AS s
        LEFT JOIN bill b ON b.account_id = s.account_id AND b.cycle = s.cycle
        -- Of what does not add up alone.
        LEFT JOIN LATERAL (
            SELECT sum(accrued) AS accrued, coalesce(sum(accrued) FILTER (WHERE NOT single_month), 0) AS beyond
            FROM bill_line l
            WHERE l.account_id = s.account_id AND l.cycle = s.cycle AND l.product = s.product
              AND l.order_id = s.order_id) AS l ON true
        WHERE b.archive_id IS NULL AND (NOT s.is_both OR s.left_over <> 0
           OR (s.beyond_left_over <> 0 AND s.unknown IS NOT true AND NOT EXISTS (
                   SELECT 1 FROM fee e JOIN inbox i ON i.id = e.inbox_id
                   WHERE e.account_id = s.account_id AND e.cycle = s.cycle AND e.product = s.product
                     AND e.order_id = s.order_id AND NOT e.late
                     AND jsonb_path_exists(i.data, '$.fees[*].ended_at ? (@ != null)'))))""",
    ),
    Check(
        "bill_lines",
        "R1.2c",
        "What accrued on a bill is exactly the sum of its lines.",
        """
        SELECT b.account_id, b.cycle, b.accrued, coalesce(l.total, 0) AS lines
        FROM bill b LEFT JOIN (
            SELECT account_id, cycle, sum(accrued) AS total FROM bill_line GROUP BY account_id, cycle) AS l
            ON l.account_id = b.account_id AND l.cycle = b.cycle
        WHERE CASE WHEN b.records_archive_id IS NULL THEN b.accrued <> coalesce(l.total, 0)
                   ELSE l.account_id IS NOT NULL END""",
    ),
    Check(
        "bill_card_lines",
        "R4.6",
        "What cards paid of a bill's lines is what its repayments took from cards.",
        """
        SELECT coalesce(l.account_id, r.account_id) AS account_id, coalesce(l.cycle, r.cycle) AS cycle,
               coalesce(l.paid, 0) AS lines_minor, coalesce(r.paid, 0) AS repayments_minor
        FROM (SELECT account_id, cycle, sum(card_paid_minor) AS paid
              FROM bill_line WHERE card_paid_minor <> 0 GROUP BY account_id, cycle) AS l
        FULL JOIN (SELECT account_id, cycle, sum(amount_minor) AS paid
                   FROM repayment_line WHERE source = 'card' GROUP BY account_id, cycle) AS r
            ON r.account_id = l.account_id AND r.cycle = l.cycle
        WHERE coalesce(l.paid, 0) <> coalesce(r.paid, 0)""",
    ),
    Check(
        "bill_line_cards",
        "R4.6h",
        "Of no line have cards paid a whole unit more than it comes to, and of none that is not for cards.",
        f"""
        SELECT l.account_id, l.cycle, l.product, l.order_id, l.accrued, l.card_paid_minor
        FROM bill_line l JOIN account a ON a.id = l.account_id JOIN {MINOR_UNITS} AS c ON c.code = a.currency
        WHERE l.card_paid_minor <> 0 AND (NOT l.single_month OR l.card_paid_minor - 1 >= l.accrued * c.minor)""",
    ),
    Check(
        "bill_figures",
        "R1.2d",
        "Of every issued bill, accrued + carried in = payable + dropped + carried out, exactly.",
        f"""
        SELECT b.account_id, b.cycle, b.accrued, b.carried_in, b.payable_minor, b.dropped, b.carried_out
        FROM bill b JOIN {MINOR_UNITS} AS c ON c.code = b.currency
        WHERE b.payable_minor IS NOT NULL
          AND ((b.accrued + b.carried_in - b.dropped - b.carried_out) * c.minor
                   IS DISTINCT FROM CAST(b.payable_minor AS numeric)
               OR b.dropped < 0 OR b.dropped * c.minor >= 1
               OR b.carried_out > 0 OR (b.carried_out < 0 AND (b.payable_minor <> 0 OR b.dropped <> 0)))""",
    ),
    Check(
        "credit_carried",
        "R2.2b",
        "The credit a bill leaves over reaches a later bill of the account, whole and once.",
        """
        WITH carrying AS MATERIALIZED (
            SELECT account_id, cycle, carried_in, coalesce(carried_out, 0) AS carried_out FROM bill
            WHERE account_id IN (SELECT account_id FROM bill WHERE carried_in <> 0 OR carried_out <> 0))
        SELECT account_id, cycle, carried_in, carried_out FROM (
            SELECT account_id, cycle, sum(carried_in) OVER until AS carried_in,
                   sum(carried_out) OVER until - carried_out AS carried_out
            FROM carrying WINDOW until AS (PARTITION BY account_id ORDER BY cycle)) AS running
        WHERE carried_in < carried_out
        UNION ALL
        SELECT account_id, NULL, sum(carried_in), sum(carried_out) FROM carrying
        GROUP BY account_id HAVING sum(carried_in) > sum(carried_out)""",
    ),
    Check(
        "bill_state",
        "R3.2a",
        "The state of every bill follows from its figures, and none was issued before its month was over.",
        f"""
        SELECT account_id, cycle, state, payable_minor, paid_minor, issued_at, settled_at FROM bill
        WHERE (state = 'accruing') <> (payable_minor IS NULL) OR (state = 'accruing') <> (issued_at IS NULL)
           OR (state = 'settled') <> coalesce(payable_minor = paid_minor, false)
           OR (state = 'settled') <> (settled_at IS NOT NULL)
           OR (state = 'accruing') <> (dropped IS NULL AND carried_out IS NULL)
           OR issued_at AT TIME ZONE 'UTC' < {first_day_of("cycle")} + interval '1 month -14 hours'""",
    ),
    Check(
        "overdue_marked",
        "R6.2a",
        "Every bill that was due, and there to be checked, before the last day that was checked is marked overdue.",
        """
        SELECT b.account_id, b.cycle, b.due_on, b.payable_minor, b.paid_minor
        FROM bill b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL
        CROSS JOIN (SELECT CAST(max(logical_at) AS date) - 1 AS day, max(finished_at) AS finished_at
                    FROM schedule_slot WHERE job = 'daily_check' AND state = 'done') AS checked
        WHERE b.state = 'unsettled' AND b.overdue_at IS NULL AND b.due_on < checked.day
          -- Issued, or its account released, after that check: the next one marks it.
          AND NOT EXISTS (
              SELECT 1 FROM run r JOIN run_range g ON g.run_id = r.id
              WHERE r.kind = 'month_close' AND r.cycle = b.cycle AND g.finished_at > checked.finished_at
                AND b.account_id BETWEEN g.first_account_id AND g.last_account_id)
          -- Somebody else has its account locked: it is made up for when that is free.
          AND NOT EXISTS (
              SELECT 1 FROM schedule_slot s WHERE s.job = 'daily_check:' || a.external_id AND s.state = 'skipped')
          AND NOT EXISTS (
              SELECT 1 FROM inbox i WHERE i.source = 'operator' AND i.conflict_of IS NULL
                AND starts_with(i.event_id, 'unpark:' || a.id || ':')
                AND (i.finished_at IS NULL OR i.finished_at > checked.finished_at))""",
        whole=True,
    ),
    Check(
        "bills_issued",
        "R3.1a",
        "Where the month close of a cycle is done, no bill of it is left accruing, parked accounts aside.",
        """
        SELECT b.account_id, b.cycle, b.accrued, r.id AS run, r.finished_at
        FROM bill b JOIN account a ON a.id = b.account_id
        JOIN run r ON r.kind = 'month_close' AND r.cycle = b.cycle AND r.state = 'done'
        WHERE b.state = 'accruing' AND b.cycle <= :issued_by AND a.parked_at IS NULL""",
        whole=True,
    ),
)

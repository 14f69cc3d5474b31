"""Sums over all bills: counted, and kept with when and how long that took. Rule: R14.4."""

from __future__ import annotations

from sqlalchemy import Connection, text

from settlement.storage.sql import advisory

# One statement, so all of it is as of one instant.
COUNT_ALL = """
    SELECT (SELECT coalesce(jsonb_agg(jsonb_build_array(cycle, currency, state, bills, payable, paid)), '[]')
            FROM (SELECT cycle, currency, state, count(*) AS bills, coalesce(sum(payable_minor), 0) AS payable,
                         sum(paid_minor) AS paid
                  FROM bill GROUP BY cycle, currency, state) m) AS months,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(currency, due_on, bills, outstanding)), '[]')
            FROM (SELECT currency, due_on, count(*) AS bills, sum(payable_minor - paid_minor) AS outstanding
                  FROM bill WHERE state = 'unsettled' GROUP BY currency, due_on) d) AS dues,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(cycle, currency, source, paid)), '[]')
            FROM (SELECT cycle, currency, source, sum(paid) AS paid
                  FROM (SELECT l.cycle, a.currency, l.source, l.amount_minor AS paid
                        FROM repayment_line l JOIN account a ON a.id = l.account_id
                        UNION ALL
                        -- Those whose repayments are in archives were paid by cash alone.
                        SELECT cycle, currency, 'cash', paid_minor FROM bill
                        WHERE records_archive_id IS NOT NULL AND paid_minor > 0) AS lines
                  GROUP BY cycle, currency, source) s) AS sources"""
# Very many bills take longer than a statement of a worker may.
_PATIENCE = text("SET LOCAL statement_timeout = '30min'")
_IS_DUE = text("""
    SELECT NOT EXISTS (
        SELECT FROM bill_sums WHERE counted_at + make_interval(secs => took_s * :times) > clock_timestamp())""")
_COUNT = text(f"""
    INSERT INTO bill_sums (counted_at, took_s, months, dues, sources)
    SELECT statement_timestamp(), 0, months, dues, sources FROM ({COUNT_ALL}) AS counted
    ON CONFLICT (only_row) DO UPDATE SET counted_at = excluded.counted_at, took_s = excluded.took_s,
        months = excluded.months, dues = excluded.dues, sources = excluded.sources""")
_TOOK = text("""
    UPDATE bill_sums SET took_s = extract(epoch FROM clock_timestamp() - counted_at) RETURNING took_s""")


def is_due(tx: Connection, *, times: float) -> bool:
    """Is it so many times as long since they were counted as the counting took; also where they never were. Not while
    somebody else counts.
    """
    return bool(advisory.try_lock(tx, advisory.Advisory.BILL_SUMS) and tx.scalar(_IS_DUE, {"times": times}))


def count(tx: Connection) -> float:
    """Counts and keeps them in place of those before; how many seconds that took, which is kept too."""
    tx.execute(_PATIENCE)
    tx.execute(_COUNT)
    return float(tx.execute(_TOOK).scalar_one())

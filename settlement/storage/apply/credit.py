"""Writes payment terms, and watches on available credit."""

from __future__ import annotations

import json
from datetime import date, datetime

from sqlalchemy import Connection, text

from settlement.model.rows.credit import CreditRows
from settlement.storage.sql.rows import from_rows, write

# Closing days are a list inside a row, which an array per column cannot carry.
_TERM = text("""
    INSERT INTO payment_term (id, account_id, from_cycle, until_cycle, settlement_cycle, period_days, day_kind, country,
        closing_days, agreed_at)
    SELECT id, account_id, from_cycle, until_cycle, settlement_cycle, period_days, day_kind, country,
           ARRAY(SELECT CAST(day AS date) FROM jsonb_array_elements_text(closing_days) AS day), :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (id bigint, account_id bigint, from_cycle integer,
        until_cycle integer, settlement_cycle settlement_cycle, period_days smallint, day_kind day_kind, country text,
        closing_days jsonb)
    ON CONFLICT (account_id, from_cycle) DO UPDATE
    SET id = excluded.id, until_cycle = excluded.until_cycle, settlement_cycle = excluded.settlement_cycle,
        period_days = excluded.period_days, day_kind = excluded.day_kind, country = excluded.country,
        closing_days = excluded.closing_days, agreed_at = excluded.agreed_at""")
_WATCHES = from_rows(
    """INSERT INTO credit_watch (account_id, line_minor, low_since, said, said_on) SELECT * FROM $v
       ON CONFLICT (account_id) DO UPDATE
       SET line_minor = excluded.line_minor, low_since = excluded.low_since, said = excluded.said,
           said_on = excluded.said_on""",
    account_id="bigint", line_minor="bigint", low_since="timestamptz", said="smallint", said_on="date",
)  # fmt: skip
_WATCHES_ENDED = from_rows(
    "DELETE FROM credit_watch w USING $v WHERE w.account_id = v.account_id", account_id="bigint"
)


def apply_credit(tx: Connection, credit: CreditRows, at: datetime) -> None:
    """Of several rows about one watch, or one term, the last one decided remains. `at` is the logical instant (UTC)."""
    terms = {(row.account_id, row.from_cycle): row for row in credit.terms}
    if terms:
        rows = json.dumps([row._asdict() for row in terms.values()], default=date.isoformat)
        tx.execute(_TERM, {"rows": rows, "at": at})
    watches = {row.account_id: row for row in credit.watches}.values()
    write(tx, _WATCHES, [row for row in watches if row.line_minor is not None])
    write(tx, _WATCHES_ENDED, [(row.account_id,) for row in watches if row.line_minor is None])

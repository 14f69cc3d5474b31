"""Bills and their due dates: which become overdue, whom to remind, what has expired. Set by set. Rule: R6.2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, text

from settlement.model.announcements.facts import BillDueFacts
from settlement.model.funds import STORED
from settlement.storage.sql.arrays import id_array

# The facts of a bill that is due, made where the bills are: a day may be about very many.
_LEFT = "round((b.payable_minor - b.paid_minor) / CAST(10 AS numeric) ^ c.exponent, c.exponent)"
_SQL = {
    "account": "a.external_id",
    "cycle": "left(CAST(b.cycle AS text), 4) || '-' || right(CAST(b.cycle AS text), 2)",
    "currency": "b.currency",
    "outstanding": f"CAST({_LEFT} AS text)",
    "due_on": "b.due_on",
    "days": "CAST(:day AS date) - b.due_on",
}
_FACTS = "jsonb_build_object(" + ", ".join(f"'{name}', {_SQL[name]}" for name in BillDueFacts._fields) + ")"
_OUTBOX = "INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)"
# By account: whoever books locks accounts first, too, so nobody waits in a circle.
_NEWLY = text("""
    SELECT DISTINCT b.account_id FROM bill b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL
    WHERE b.state = 'unsettled' AND b.due_on < :day AND b.overdue_at IS NULL AND b.account_id > :after
    ORDER BY b.account_id LIMIT :limit""")
_TO_REMIND = text("""
    SELECT DISTINCT b.account_id FROM bill b
    WHERE b.state = 'unsettled' AND b.due_on = ANY(CAST(:due_ons AS date[])) AND b.account_id > :after
    ORDER BY b.account_id LIMIT :limit""")
_LOCK = text("SELECT id FROM account WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")
# Of the bills that `$of` names.
MARK = f"""
    WITH b AS (
        UPDATE bill SET overdue_at = :at
        WHERE $of AND state = 'unsettled' AND due_on < :day AND overdue_at IS NULL
        RETURNING account_id, cycle, currency, payable_minor, paid_minor, due_on)
    {_OUTBOX}
    SELECT b.account_id, 'bill.overdue', {_FACTS}, 'account:' || a.external_id, :at
    FROM b JOIN account a ON a.id = b.account_id JOIN currency c ON c.code = b.currency
    ORDER BY b.account_id, b.cycle"""
_MARK = text(MARK.replace("$of", "account_id = ANY(CAST(:ids AS bigint[]))"))
_REMIND = text(f"""
    {_OUTBOX}
    SELECT b.account_id, CASE WHEN b.due_on < :day THEN 'bill.overdue_reminder' ELSE 'bill.due_reminder' END, {_FACTS},
           'account:' || a.external_id, :at
    FROM bill b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL JOIN currency c ON c.code = b.currency
    WHERE b.state = 'unsettled' AND b.due_on = ANY(CAST(:due_ons AS date[]))
      AND b.account_id = ANY(CAST(:ids AS bigint[]))
    ORDER BY b.account_id, b.cycle""")
_ENDED = " UNION ".join(
    f"SELECT account_id FROM {stored.table} WHERE {stored.balance} > 0 AND valid_until <= :at"
    for stored in STORED.values()
    if stored.ends
)
_EXPIRED = text(f"""
    SELECT account_id FROM (
        {_ENDED}) AS e
    JOIN account a ON a.id = account_id AND a.parked_at IS NULL
    WHERE account_id > :after ORDER BY account_id LIMIT :limit""")
_LOW = text("""
    SELECT w.account_id FROM credit_watch w JOIN account a ON a.id = w.account_id AND a.parked_at IS NULL
    WHERE w.low_since IS NOT NULL AND w.said < :most AND w.said_on < :day AND w.account_id > :after
    ORDER BY w.account_id LIMIT :limit""")


def accounts_newly_overdue(tx: Connection, day: date, *, after: int, limit: int) -> list[int]:
    """The next accounts, by id, with bills that were due before this local day and are not marked."""
    return list(tx.scalars(_NEWLY, {"day": day, "after": after, "limit": limit}))


def mark_overdue(tx: Connection, ids: Sequence[int], day: date, at: datetime) -> None:
    """Marks, and announces, the bills of these accounts that were due before this local day."""
    tx.execute(_LOCK, {"ids": id_array(ids)})
    tx.execute(_MARK, {"ids": id_array(ids), "day": day, "at": at})


def remind(
    tx: Connection, day: date, due_ons: Sequence[date], at: datetime, *, after: int, limit: int
) -> list[int]:
    """Announces the unsettled bills of the next accounts, by id, that are, or were, due on one of these days."""
    parameters = {"day": day, "due_ons": list(due_ons)}
    ids = list(tx.scalars(_TO_REMIND, parameters | {"after": after, "limit": limit}))
    if ids:
        tx.execute(_REMIND, parameters | {"at": at, "ids": id_array(ids)})
    return ids


def accounts_with_expired(tx: Connection, at: datetime, *, after: int, limit: int) -> list[int]:
    """The next accounts, by id, with something left on a card or coupon whose validity has ended."""
    return list(tx.scalars(_EXPIRED, {"at": at, "after": after, "limit": limit}))


def accounts_with_low_credit(tx: Connection, day: date, *, most: int, after: int, limit: int) -> list[int]:
    """The next accounts, by id, whose low available credit is to be told again on this local day."""
    return list(tx.scalars(_LOW, {"day": day, "most": most, "after": after, "limit": limit}))

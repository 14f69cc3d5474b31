"""Bills and their due dates: which become overdue, whom to remind, what has expired. Set by set. Rule: R6.2."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.announcements.facts import BillDueFacts
from settlement.model.funds import STORED
from settlement.model.runs import DAILY_CHECK
from settlement.storage.sql.arrays import id_array
from settlement.storage.tables.bills import IS_PROVISIONAL

# The facts of a bill that is due, made where the bills are: a day may be about very many.
_LEFT = "round((b.payable_minor - b.paid_minor) / CAST(10 AS numeric) ^ c.exponent, c.exponent)"
_SQL = {
    "account": "a.external_id",
    "cycle": "left(CAST(b.cycle AS text), 4) || '-' || right(CAST(b.cycle AS text), 2)",
    "currency": "b.currency",
    "outstanding": f"CAST({_LEFT} AS text)",
    "due_on": "b.due_on",
    "days": "CAST($day AS date) - b.due_on",
    "due_provisional": f"coalesce({IS_PROVISIONAL}, false)",
}
_FACTS = "jsonb_build_object(" + ", ".join(f"'{name}', {_SQL[name]}" for name in BillDueFacts._fields) + ")"
_OUTBOX = "INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)"
# By account: whoever books locks accounts first, too, so nobody waits in a circle. What bounds the bills of a batch is
# said of accounts, too; else PostgreSQL reads all accounts for it, or all before it.
_NEWLY = text("""
    SELECT DISTINCT b.account_id FROM bill b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL
    WHERE b.state = 'unsettled' AND b.due_on < :day AND b.overdue_at IS NULL
      AND b.account_id > :after AND a.id > :after
    ORDER BY b.account_id LIMIT :limit""")
_TO_REMIND = text("""
    SELECT DISTINCT b.account_id FROM bill b
    WHERE b.state = 'unsettled' AND b.due_on = ANY(CAST(:due_ons AS date[])) AND b.account_id > :after
    ORDER BY b.account_id LIMIT :limit""")
_LOCK = text("SELECT id FROM account WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")
# Of the bills of the accounts `:ids` that `$of` names, each on the first of the days, oldest first, that finds
# it past its due date. By a join with the days PostgreSQL would expect one row, and read all currencies for each.
_FIRST_PAST = "[width_bucket(due_on, CAST(:days AS date[])) + 1]"
MARK = f"""
    WITH b AS (
        UPDATE bill SET overdue_at = (CAST(:instants AS timestamptz[])){_FIRST_PAST}
        WHERE $of AND state = 'unsettled' AND due_on < :last AND overdue_at IS NULL
        RETURNING account_id, cycle, currency, payable_minor, paid_minor, due_on, due_rule, overdue_at,
                  (CAST(:days AS date[])){_FIRST_PAST} AS day)
    {_OUTBOX}
    SELECT b.account_id, 'bill.overdue', {_FACTS.replace("$day", "b.day")}, 'account:' || a.external_id, b.overdue_at
    FROM b JOIN account a ON a.id = b.account_id AND a.id = ANY(CAST(:ids AS bigint[]))
    JOIN currency c ON c.code = b.currency
    ORDER BY b.overdue_at, b.account_id, b.cycle"""
_MARK = text(MARK.replace("$of", "account_id = ANY(CAST(:ids AS bigint[]))"))
_REMIND = text(f"""
    {_OUTBOX}
    SELECT b.account_id, CASE WHEN b.due_on < :day THEN 'bill.overdue_reminder' ELSE 'bill.due_reminder' END,
           {_FACTS.replace("$day", ":day")},
           'account:' || a.external_id, :at
    FROM bill b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL JOIN currency c ON c.code = b.currency
    WHERE b.state = 'unsettled' AND b.due_on = ANY(CAST(:due_ons AS date[]))
      AND b.account_id = ANY(CAST(:ids AS bigint[])) AND a.id = ANY(CAST(:ids AS bigint[]))
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
    WHERE account_id > :after AND a.id > :after ORDER BY account_id LIMIT :limit""")
_LOW = text("""
    SELECT w.account_id FROM credit_watch w JOIN account a ON a.id = w.account_id AND a.parked_at IS NULL
    WHERE w.low_since IS NOT NULL AND w.said < :most AND w.said_on < :day
      AND w.account_id > :after AND a.id > :after
    ORDER BY w.account_id LIMIT :limit""")

# What days left out for an account that was locked is a slot of its own, skipped since the first of those days.
_OF_ACCOUNT = f"'{DAILY_CHECK}:' || a.external_id"
_LEFT_OUT = text(f"""
    SELECT a.id, s.logical_at, a.parked_at IS NOT NULL
    FROM schedule_slot s JOIN account a ON a.external_id = substr(s.job, {len(DAILY_CHECK) + 2})
    WHERE s.state = 'skipped' AND s.job LIKE '{DAILY_CHECK}:%' ORDER BY s.logical_at, a.id""")
# Since the first of the days that is later than any that were made up for: those were told then.
_LEAVE_OUT = text(f"""
    INSERT INTO schedule_slot (job, logical_at, state, reason, finished_at)
    SELECT {_OF_ACCOUNT}, min(d.at), 'skipped', 'somebody else had the account locked', clock_timestamp()
    FROM account a CROSS JOIN unnest(CAST(:days AS timestamptz[])) AS d (at)
    WHERE a.id = ANY(CAST(:ids AS bigint[]))
      AND NOT EXISTS (SELECT FROM schedule_slot s
                      WHERE s.job = {_OF_ACCOUNT} AND (s.state = 'skipped' OR s.logical_at >= d.at))
    GROUP BY a.external_id
    ON CONFLICT DO NOTHING""")
_TAKE_BACK = text(f"""
    UPDATE schedule_slot s SET state = 'done', reason = NULL, finished_at = clock_timestamp()
    FROM account a WHERE a.id = ANY(CAST(:ids AS bigint[])) AND a.parked_at IS NULL
      AND s.job = {_OF_ACCOUNT} AND s.state = 'skipped'
    RETURNING a.id""")
# Who makes up for days shares the newest, and who begins a day has the one before for himself.
_NEWEST = f"SELECT logical_at, state = 'done' FROM schedule_slot WHERE job = '{DAILY_CHECK}'"
_NEWEST_DAY = text(f"{_NEWEST} ORDER BY logical_at DESC LIMIT 1")
_SHARE_NEWEST = text(f"{_NEWEST} ORDER BY logical_at DESC LIMIT 1 FOR SHARE")
_DAY_BEFORE = text(f"{_NEWEST} AND logical_at < :at ORDER BY logical_at DESC LIMIT 1 FOR NO KEY UPDATE")
_DAYS_DONE = text(f"""
    SELECT logical_at FROM schedule_slot WHERE job = '{DAILY_CHECK}' AND state = 'done' AND logical_at >= :since
    ORDER BY logical_at""")
# How far reminders of a day have come is kept in its slot; of a day that left them to a later one no account was told.
_FINISH_UNSAID = text(f"""
    UPDATE schedule_slot SET state = 'done', after_account = -1, finished_at = clock_timestamp()
    WHERE job = '{DAILY_CHECK}' AND logical_at = :at AND state = 'owed'""")
_UNSAID = text(f"""
    SELECT logical_at FROM schedule_slot
    WHERE job = '{DAILY_CHECK}' AND state = 'done' AND after_account = -1 AND logical_at > coalesce(
        (SELECT max(logical_at) FROM schedule_slot
         WHERE job = '{DAILY_CHECK}' AND state = 'done' AND after_account >= 0), '-infinity')
    ORDER BY logical_at""")


class LocalDay(NamedTuple):
    """A day in the billing zone, and the instant (UTC) at which it began."""

    date: date
    begun_at: datetime


class Reminders(NamedTuple):
    """Bills to remind of on this local day: those due on one of these days."""

    day: date
    due_ons: Sequence[date]


def accounts_newly_overdue(tx: Connection, day: date, *, after: int, limit: int) -> list[int]:
    """The next accounts, by id, with bills that were due before this local day and are not marked."""
    return list(tx.scalars(_NEWLY, {"day": day, "after": after, "limit": limit}))


def mark_overdue(tx: Connection, ids: Sequence[int], days: Sequence[LocalDay]) -> None:
    """Marks, and announces, the bills of these accounts that were due before one of these days, as of the first of
    those. The days come oldest first.
    """
    tx.execute(_LOCK, {"ids": id_array(ids)})
    tx.execute(_MARK, of_days(days) | {"ids": id_array(ids)})


def of_days(days: Sequence[LocalDay]) -> dict[str, object]:
    """The days as parameters of `MARK`, oldest first."""
    return {
        "days": [day.date for day in days], "instants": [day.begun_at for day in days], "last": days[-1].date
    }  # fmt: skip


def to_remind(tx: Connection, reminders: Reminders, *, after: int, limit: int) -> list[int]:
    """The next accounts, by id, with unsettled bills to remind of."""
    parameters = {"due_ons": list(reminders.due_ons), "after": after, "limit": limit}
    return list(tx.scalars(_TO_REMIND, parameters))


def remind(tx: Connection, ids: Collection[int], reminders: Reminders, at: datetime) -> None:
    """Announces the unsettled bills of these accounts that are, or were, due on one of the days: each once."""
    if ids:
        days = {"day": reminders.day, "due_ons": list(reminders.due_ons)}
        tx.execute(_REMIND, days | {"ids": id_array(ids), "at": at})


def finish_unsaid(tx: Connection, at: datetime) -> None:
    """Marks the check of the day that began at this instant as done, its reminders left to a later day."""
    tx.execute(_FINISH_UNSAID, {"at": at})


def unsaid(tx: Connection) -> list[datetime]:
    """The days since reminders were said last whose own were left to a later day, oldest first."""
    return list(tx.scalars(_UNSAID))


def leave_out(tx: Connection, ids: Sequence[int], days: Sequence[datetime]) -> None:
    """Keeps that the days that began at these instants, and those after them, leave these accounts out."""
    tx.execute(_LEAVE_OUT, {"ids": id_array(ids), "days": list(days)})


def left_out(tx: Connection) -> set[int]:
    """Accounts that days leave out, by id."""
    return {row[0] for row in tx.execute(_LEFT_OUT)}


def begin_day(tx: Connection, at: datetime) -> set[int]:
    """Accounts that the day that began at this instant, and is on record, leaves out, by id. Waits for whoever is at
    making up for the days before it; whoever comes after that has this day to make up for, too.
    """
    tx.execute(_DAY_BEFORE, {"at": at})
    return left_out(tx)


def may_make_up(tx: Connection, last: datetime) -> bool:
    """Is the day that began at this instant the newest, and done. If so, no further one begins in this transaction."""
    tx.execute(_SHARE_NEWEST)
    # A further one may have begun before there was the lock.
    return tx.execute(_NEWEST_DAY).one_or_none() == (last, True)


def left_out_since(tx: Connection) -> dict[datetime, list[int]]:
    """Accounts that days have left out, by the instant at which the first of those began; parked ones wait."""
    found: dict[datetime, list[int]] = {}
    for account_id, since, is_parked in tx.execute(_LEFT_OUT):
        if not is_parked:
            found.setdefault(since, []).append(account_id)
    return found


def take_back(tx: Connection, ids: Sequence[int]) -> list[int]:
    """Those of the accounts that days still leave out: from now on none does. Whoever asks beside this waits."""
    return sorted(tx.scalars(_TAKE_BACK, {"ids": id_array(ids)}))


def days_done(tx: Connection, since: datetime) -> list[datetime]:
    """When the days that are checked began, from this one on, oldest first."""
    return list(tx.scalars(_DAYS_DONE, {"since": since}))


def accounts_with_expired(tx: Connection, at: datetime, *, after: int, limit: int) -> list[int]:
    """The next accounts, by id, with something left on a card or coupon whose validity has ended."""
    return list(tx.scalars(_EXPIRED, {"at": at, "after": after, "limit": limit}))


def accounts_with_low_credit(tx: Connection, day: date, *, most: int, after: int, limit: int) -> list[int]:
    """The next accounts, by id, whose low available credit is to be told again on this local day."""
    return list(tx.scalars(_LOW, {"day": day, "most": most, "after": after, "limit": limit}))

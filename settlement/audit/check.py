"""The shape of one question of the audit."""

from __future__ import annotations

from dataclasses import dataclass

from settlement.model.funds import FUNDS, STORED

# The ledger accounts of funds that have a row and a balance each, as a list of SQL: their names alone.
STORED_KINDS = ", ".join(f"'{FUNDS[source].ledger}'" for source in STORED)
# What they are granted from.
GRANT_KINDS = ", ".join(f"'{stored.grant}'" for stored in STORED.values())
# How many minor units one unit of each currency has. The planner is to take it for the small table that it is.
MINOR_UNITS = "(SELECT code, CAST('1e' || exponent AS numeric) AS minor FROM currency OFFSET 0)"


def first_day_of(cycle_sql: str) -> str:
    """The first day of a billing month, as SQL. Whatever the billing zone is, the month begins there up to 14 hours
    before, or 12 hours after, that day does in UTC.
    """
    return f"make_date({cycle_sql} / 100, {cycle_sql} % 100, 1)"


# The instant (UTC) from which on announcements are in no archive, whatever the billing zone is; NULL without archives.
_BEFORE = first_day_of("before")
ANNOUNCEMENTS_SINCE = f"""(SELECT max(CAST({_BEFORE} + interval '12 hours' AS timestamp) AT TIME ZONE 'UTC')
                            FROM archive WHERE kind = 'announcements')"""


def decimal_in(text_sql: str) -> str:
    """The decimal number that a text of an event is, as SQL; NULL where it is none, which must not end the audit."""
    return rf"CAST(substring({text_sql} FROM '^-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$') AS numeric)"


def instant_in(text_sql: str) -> str:
    """The instant that a text of an event is, as SQL; NULL where it is written in another way than most write it, or is
    a day that no calendar has, which must not end the audit.
    """
    date = r"(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    time = r"([01]\d|2[0-3])\:[0-5]\d(\:[0-5]\d([.]\d{1,6})?)?"
    shape = rf"'^{date}[T ]{time}(Z|[+-](0\d|1[0-5])\:?[0-5]\d)$'"
    first_of_month = (
        f"make_date(CAST(left({text_sql}, 4) AS integer), CAST(substr({text_sql}, 6, 2) AS integer), 1)"
    )
    last_day = f"extract(day FROM {first_of_month} + interval '1 month - 1 day')"
    is_a_day = f"CAST(substr({text_sql}, 9, 2) AS integer) <= {last_day}"
    return f"CASE WHEN {text_sql} ~ {shape} THEN CASE WHEN {is_a_day} THEN CAST({text_sql} AS timestamptz) END END"


def cycle_in(text_sql: str) -> str:
    """The billing month that a text of an event is, as SQL."""
    return f"CAST(replace(substring({text_sql} FROM '^[0-9]{{4}}-[0-9]{{2}}$'), '-', '') AS integer)"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: its name, the rule it comes from, the sentence that must be true.

    `faults` is a SELECT of what contradicts it. Its column `account_id` may be NULL; columns named `…_minor` are
    minor units of the column `currency`, or of the account's currency. `whole` says that one account cannot answer it
    by itself: it is about accounts together, about events by their whole table or about settings, or leaves parked
    accounts out.
    """

    name: str
    rule: str
    sentence: str
    faults: str
    whole: bool = False

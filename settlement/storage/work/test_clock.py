"""The clocks that the database keeps: its own, and the test clock, one row that takes its place where a setting
allows it.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, text

from settlement.errors import Refused
from settlement.model.instants import instant_text

_READ = text("SELECT now_at FROM test_clock")
_BOTH = text("""
    SELECT clock_timestamp(), (SELECT now_at FROM test_clock), (SELECT count(*) FROM settings_version)""")
_OWN = text("""
    SELECT clock_timestamp(), CAST(NULL AS timestamptz), (SELECT count(*) FROM settings_version)""")
_MOVE = text("""
    INSERT INTO test_clock (now_at) VALUES (:at)
    ON CONFLICT (only_row) DO UPDATE SET now_at = excluded.now_at WHERE test_clock.now_at <= excluded.now_at
    RETURNING now_at""")

# Before the test clock stands anywhere, processes go by the real one.
_DONE_UNTIL = text("""
    SELECT greatest((SELECT max(logical_at) FROM schedule_slot), (SELECT max(posted_at) FROM ledger_transfer))
    WHERE NOT EXISTS (SELECT FROM test_clock)""")


def read(tx: Connection) -> datetime | None:
    """The instant the test clock stands at (UTC), or None when it was never set."""
    return cast("datetime | None", tx.scalar(_READ))


def read_clocks(tx: Connection, *, test_clock: bool) -> tuple[datetime, datetime | None, int]:
    """What PostgreSQL's clock shows, and the test clock where it is allowed and was set; UTC, in one statement.

    Read with them, how many versions of the settings there are: whoever knows fewer has to read them anew.
    """
    own, test, versions = tx.execute(_BOTH if test_clock else _OWN).one()
    return own, test, versions


def move(tx: Connection, at: datetime) -> None:
    """Sets the clock forwards. It stands still until it is moved again.

    Raises:
        Refused: `clock_backwards`, because what was booked later, or is on record as done, cannot be undone.
    """
    done_until = cast("datetime | None", tx.scalar(_DONE_UNTIL))
    if done_until is not None and at < done_until:
        raise Refused(
            "clock_backwards",
            f"what was due until {instant_text(done_until)} is on record by the real clock, so the test clock cannot "
            f"begin at {instant_text(at)}; with a new database, `settle up --clock` sets it before any process starts",
        )
    if tx.scalar(_MOVE, {"at": at}) is None:
        stands_at = instant_text(read(tx) or at)
        raise Refused(
            "clock_backwards",
            f"the test clock stands at {stands_at} and moves forwards only, not to {instant_text(at)}",
        )

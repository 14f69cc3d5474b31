"""The test clock: one row that takes the place of the wall clock where a setting allows it."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, text

from settlement.errors import Refused

_READ = text("SELECT now_at FROM test_clock")
_MOVE = text("""
    INSERT INTO test_clock (now_at) VALUES (:at)
    ON CONFLICT (only_row) DO UPDATE SET now_at = excluded.now_at WHERE test_clock.now_at <= excluded.now_at
    RETURNING now_at""")


def read(tx: Connection) -> datetime | None:
    """The instant the test clock stands at (UTC), or None when it was never set."""
    return cast("datetime | None", tx.scalar(_READ))


def move(tx: Connection, at: datetime) -> None:
    """Sets the clock forwards. It stands still until it is moved again.

    Raises:
        Refused: `clock_backwards`, because what was booked later cannot be unbooked.
    """
    if tx.scalar(_MOVE, {"at": at}) is None:
        raise Refused(
            "clock_backwards", f"the test clock stands at {read(tx)} and moves forwards only, not to {at}"
        )

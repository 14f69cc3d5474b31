"""When what a test sends arrives: the database dates it by the test clock where one is set."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from settlement.storage.store import Store

_MOVE = """
    INSERT INTO test_clock (now_at) VALUES (%s) ON CONFLICT (only_row) DO UPDATE SET now_at = excluded.now_at"""


def arrive_at(store: Store, at: datetime) -> None:
    """What is received from now on arrives at this instant (UTC). No statement and no commit of the code under test."""
    with closing(store.engine.raw_connection()) as connection:
        connection.cursor().execute(_MOVE, (at,))
        connection.commit()

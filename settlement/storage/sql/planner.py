"""What PostgreSQL is told about a plan where its statistics cannot know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

_WITHOUT = text("SET LOCAL enable_bitmapscan = off")
_AS_BEFORE = text("SET LOCAL enable_bitmapscan TO DEFAULT")


@contextmanager
def in_order_of_an_index(tx: Connection) -> Iterator[None]:
    """While the block runs, the first rows of a few are read by an index in its order, and no others.

    A queue is nearly always empty, and that is what statistics say of it. When very many wait, PostgreSQL would go by
    them and sort all that wait to take the first thousand.
    """
    tx.execute(_WITHOUT)
    yield
    # Not after an error, which ends the transaction and with it the setting.
    tx.execute(_AS_BEFORE)

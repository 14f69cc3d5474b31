"""What PostgreSQL is told about a plan where its statistics cannot know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

_SET = "SELECT set_config('enable_bitmapscan', '{0}', true), set_config('enable_sort', '{0}', true)"
_OFF, _ON = text(_SET.format("off")), text(_SET.format("on"))


@contextmanager
def in_order_of_an_index(tx: Connection) -> Iterator[None]:
    """While the block runs, the first rows of a few are read by an index in its order wherever there is one.

    A queue is nearly always empty, and that is what statistics say of it. When very many wait, PostgreSQL would go
    through all of them by a bitmap, or by another index, and sort them to take the first thousand.
    """
    tx.execute(_OFF)
    yield
    # Not after an error, which ends the transaction and with it the settings.
    tx.execute(_ON)

"""What PostgreSQL is told about a plan where its statistics cannot know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

_SET = "SELECT set_config('enable_bitmapscan', '{0}', true), set_config('enable_sort', '{0}', true)"
_SORTED = text("""
    SELECT set_config('enable_hashagg', 'off', true), set_config('work_mem', '256MB', true),
           set_config('hash_mem_multiplier', '1', true)""")
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


def sums_by_sorting(tx: Connection) -> None:
    """Until the transaction ends, sums of many groups are made of sorted rows, one after the other.

    A sum of decimals is 400 bytes in memory for as long as its group is open: of every line of a million bills, 800 MB.
    PostgreSQL takes the groups of several columns for a tenth of the rows at most and would keep all of them open.
    A sort, and what a join keeps in memory, takes 256 MB, then goes on on disk.
    """
    tx.execute(_SORTED)

"""What PostgreSQL is told about a plan where its statistics cannot know."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, text

Way = Literal["bitmapscan", "sort"]
_WAYS = text("""
    SELECT set_config('enable_bitmapscan', CASE WHEN 'bitmapscan' = ANY(:without) THEN 'off' ELSE 'on' END, true),
           set_config('enable_sort', CASE WHEN 'sort' = ANY(:without) THEN 'off' ELSE 'on' END, true)""")


def plan_without(tx: Connection, *ways: Way) -> None:
    """From now on to the end of the transaction PostgreSQL goes another way than these wherever there is one, and any
    that is not named again.

    A queue is nearly always empty, and that is what statistics say of it. When very many wait, PostgreSQL would go
    through all of them by a bitmap, or by another index, and sort them to take the first thousand.
    """
    tx.execute(_WAYS, {"without": list(ways)})

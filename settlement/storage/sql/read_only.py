"""Questions about the whole database: one snapshot, nothing written, time enough for a long scan."""

from __future__ import annotations

from psycopg import sql
from sqlalchemy import Connection, text

from settlement.storage.store import driver_cursor

# One statement of an audit may have to read a year of entries, and a reader of an export may pause for a page.
_STATEMENT_LIMIT = "30min"
_PAUSE_LIMIT = "1h"


def read_only(tx: Connection, *, snapshot: str | None = None, one_process: bool = False) -> None:
    """Makes the transaction read-only and lets all of its statements see the same instant.

    Must come first in the transaction. It takes no lock that a settlement waits for. `snapshot` is the instant of
    another transaction, which must still be open (`export_snapshot`). With `one_process` no statement takes processes
    beside its session's own: whoever has several sessions shares the work out already.
    """
    tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    if snapshot is not None:
        # A utility statement takes no parameter; the driver quotes the value.
        with driver_cursor(tx) as cursor:
            cursor.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
    settings = (
        f"statement_timeout = '{_STATEMENT_LIMIT}'",
        f"idle_in_transaction_session_timeout = '{_PAUSE_LIMIT}'",
        # Sums over every account are hash tables of some hundred megabytes at a few million bills.
        "work_mem = '64MB'",
        "hash_mem_multiplier = 4",
        "jit = off",
    )
    for setting in (*settings, "max_parallel_workers_per_gather = 0") if one_process else settings:
        tx.execute(text(f"SET LOCAL {setting}"))


def export_snapshot(tx: Connection) -> str:
    """The instant that this transaction sees, for other transactions to see too while it is open."""
    return str(tx.scalar(text("SELECT pg_export_snapshot()")))

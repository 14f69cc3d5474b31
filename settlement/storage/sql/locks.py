"""How long a transaction waits for a lock."""

from __future__ import annotations

from sqlalchemy import Connection, text

_WAIT = text("""
    SELECT set_config('lock_timeout', CAST(CAST(least(:limit, nullif(1000 * extract(
        epoch FROM CAST(current_setting('lock_timeout') AS interval)), 0)) AS integer) AS text), true)""")


def wait_at_most(tx: Connection, milliseconds: int) -> None:
    """The rest of this transaction waits for a lock no longer than this, nor than the store's own limit."""
    tx.execute(_WAIT, {"limit": milliseconds})

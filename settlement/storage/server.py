"""Which servers this program works with."""

from __future__ import annotations

from sqlalchemy import Connection, text

from settlement.errors import UnusableServer

# As `server_version_num` has it.
OLDEST = 150000
_VERSION = text(
    "SELECT CAST(current_setting('server_version_num') AS integer), current_setting('server_version')"
)


def is_supported(number: int) -> bool:
    """Is a server of this `server_version_num` new enough."""
    return number >= OLDEST


def refuse_old_server(tx: Connection) -> None:
    """Ends what would fail later, and less clearly.

    Raises:
        UnusableServer: the server is older than this program can work with.
    """
    number, version = tx.execute(_VERSION).one()
    if not is_supported(number):
        raise UnusableServer(f"PostgreSQL {version} is too old: use {OLDEST // 10000} or later")

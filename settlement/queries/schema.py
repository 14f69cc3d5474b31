"""The server and its schema as the worker's role finds them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.storage.revision import current_revision, head_revision, is_at_least
from settlement.storage.server import is_supported
from settlement.storage.tables.schema import APPEND_ONLY

_SERVER = text("""
    SELECT current_setting('server_version'), CAST(current_setting('server_version_num') AS integer), current_user,
           clock_timestamp()""")
_FORBIDDEN = text("""
    SELECT t || ' (' || p || ')'
    FROM unnest(CAST(:tables AS text[])) AS t, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS p
    WHERE has_table_privilege(t, p)""")


class SchemaView(NamedTuple):
    """What answers, and in which shape. `may_change` names what the role may change and should not; `now` is UTC."""

    version: str
    is_supported: bool
    role: str
    now: datetime
    revision: str | None
    expected_revision: str
    may_change: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Is the schema the one this program expects, or a newer one."""
        return is_at_least(self.revision, self.expected_revision)


def schema(tx: Connection) -> SchemaView:
    """Server, role, clock, revision and rights."""
    version, number, role, now = tx.execute(_SERVER).one()
    revision = current_revision(tx)
    may_change = tuple(tx.scalars(_FORBIDDEN, {"tables": list(APPEND_ONLY)})) if revision is not None else ()
    return SchemaView(version, is_supported(number), role, now, revision, head_revision(), may_change)

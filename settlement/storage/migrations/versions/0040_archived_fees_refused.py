"""A fee that is in an archive is refused by the database, whatever program books it.

Revision ID: 0040
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations")
        .joinpath("sql/0040_archived_fees_refused.sql")
        .read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """What was written out is not brought back: revisions only add."""
    raise NotImplementedError("restore a backup instead: revisions only add")

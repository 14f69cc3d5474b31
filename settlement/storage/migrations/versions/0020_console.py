"""Users of the console, their sessions, and what they did.

Revision ID: 0020
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = resources.files("settlement.storage.migrations").joinpath("sql/0020_console.sql").read_text("utf-8")
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """What people did is not dropped by a migration."""
    raise NotImplementedError("restore a backup instead: dropping users is not a migration")

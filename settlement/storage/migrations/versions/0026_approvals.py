"""What a second person approves, and what became of acts that are no event.

Revision ID: 0026
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations").joinpath("sql/0026_approvals.sql").read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """What people did is not dropped by a migration."""
    raise NotImplementedError("restore a backup instead: dropping acts is not a migration")

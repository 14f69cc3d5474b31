"""Faults: messages that no task could take.

Revision ID: 0005
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = resources.files("settlement.storage.migrations").joinpath("sql/0005_faults.sql").read_text("utf-8")
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """What was set aside is not dropped by a migration."""
    raise NotImplementedError(
        "restore a backup instead: dropping messages that were set aside is not a migration"
    )

"""What people see: dismissed events, suspensions, tokens on several accounts.

Revision ID: 0018
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = resources.files("settlement.storage.migrations").joinpath("sql/0018_people.sql").read_text("utf-8")
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """Who dismissed what is on record by now."""
    raise NotImplementedError("restore a backup instead: events may be dismissed")

"""Billing exports as pictures: which one a fee was seen in, and what takes a fee back.

Revision ID: 0009
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = resources.files("settlement.storage.migrations").joinpath("sql/0009_exports.sql").read_text("utf-8")
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """Which picture a fee was seen in is not dropped by a migration."""
    raise NotImplementedError("restore a backup instead: dropping what tells fees apart is not a migration")

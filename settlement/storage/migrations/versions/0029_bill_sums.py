"""Sums over all bills, kept for who looks at them.

Revision ID: 0029
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0029"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations").joinpath("sql/0029_bill_sums.sql").read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """Nothing is lost with the table, but nothing is gained either: revisions only add."""
    raise NotImplementedError("restore a backup instead: revisions only add")

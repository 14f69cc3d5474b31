"""Repayment by people: relationships, manual payments, unified settlements.

Revision ID: 0004
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations")
        .joinpath("sql/0004_repayment_by_people.sql")
        .read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """Money records are never dropped by a migration."""
    raise NotImplementedError(
        "restore a backup instead: dropping payments and settlements is not a migration"
    )

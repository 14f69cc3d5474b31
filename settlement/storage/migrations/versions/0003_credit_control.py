"""Credit control: terms and due dates, credit watch, coupons, expiry, refunds to the original method.

Revision ID: 0003
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations")
        .joinpath("sql/0003_credit_control.sql")
        .read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """Money records are never dropped by a migration."""
    raise NotImplementedError("restore a backup instead: dropping terms and coupons is not a migration")

"""Deliveries that are over are forgotten endpoint by endpoint.

Revision ID: 0027
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations")
        .joinpath("sql/0027_old_deliveries_by_endpoint.sql")
        .read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """An older program walks over the paused ones."""
    op.execute("DROP INDEX webhook_delivery_old")
    op.execute(
        "CREATE INDEX webhook_delivery_over ON webhook_delivery (delivered_at) WHERE delivered_at IS NOT NULL"
    )

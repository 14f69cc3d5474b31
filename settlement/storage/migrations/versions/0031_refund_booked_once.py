"""A gateway's object of a refund is of one refund.

Revision ID: 0031
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations")
        .joinpath("sql/0031_refund_booked_once.sql")
        .read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """An older program asks for no more than the index that was there."""
    op.execute("DROP INDEX refund_booked_once")
    op.execute(
        "CREATE INDEX gateway_refund_gateway_ref ON gateway_refund (gateway, gateway_ref)"
        " WHERE gateway_ref IS NOT NULL"
    )

"""Charges: a gateway's object is booked once.

Revision ID: 0007
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations")
        .joinpath("sql/0007_booked_once.sql")
        .read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """Without the constraint a charge could be booked twice."""
    raise NotImplementedError("restore a backup instead: what forbids a second booking is not taken away")

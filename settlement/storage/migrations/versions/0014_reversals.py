"""Reversals: what a gateway gives back by itself, and disputes.

Revision ID: 0014
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations").joinpath("sql/0014_reversals.sql").read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """What gateways took back is on record by now."""
    raise NotImplementedError("restore a backup instead: payments may be taken back")

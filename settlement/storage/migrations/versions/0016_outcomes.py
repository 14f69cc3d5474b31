"""Outcomes of events reach their senders.

Revision ID: 0016
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations").joinpath("sql/0016_outcomes.sql").read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """Who sent an event would be forgotten."""
    raise NotImplementedError("restore a backup instead: senders read their outcomes here")

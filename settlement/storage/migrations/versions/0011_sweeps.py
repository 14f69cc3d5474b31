"""Sweeps: one that never happened is made anew, as a sweep.

Revision ID: 0011
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = resources.files("settlement.storage.migrations").joinpath("sql/0011_sweeps.sql").read_text("utf-8")
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """A month may have several charges of its sweep by now."""
    raise NotImplementedError("restore a backup instead: sweeps may be there twice")

"""Senders: the envelope of an event is enforced at the SQL ingress.

Revision ID: 0012
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = resources.files("settlement.storage.migrations").joinpath("sql/0012_senders.sql").read_text("utf-8")
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """What senders are held to is not dropped by a migration."""
    raise NotImplementedError("restore a backup instead: dropping a guard is not a migration")

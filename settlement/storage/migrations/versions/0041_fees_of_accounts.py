"""That a fee is of an account is looked at once for all fees of a statement.

Revision ID: 0041
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The SQL lies beside this folder, where an editor knows it as SQL."""
    sql = (
        resources.files("settlement.storage.migrations")
        .joinpath("sql/0041_fees_of_accounts.sql")
        .read_text("utf-8")
    )
    cast("psycopg.Connection", op.get_bind().connection.driver_connection).execute(sql)


def downgrade() -> None:
    """What was written out is not brought back: revisions only add."""
    raise NotImplementedError("restore a backup instead: revisions only add")

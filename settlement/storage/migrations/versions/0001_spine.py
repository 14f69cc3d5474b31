"""The spine: accounts, fees, bills, funds, repayments, ledger, inbox, outbox, runs, slots, test clock.

Revision ID: 0001
"""

from __future__ import annotations

from importlib import resources
from typing import cast

import psycopg
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates everything; the SQL lies beside this file, where an editor knows it as SQL."""
    from settlement.model.currencies import EXPONENTS

    sql = resources.files("settlement.storage.migrations").joinpath("sql/0001_spine.sql").read_text("utf-8")
    driver = cast("psycopg.Connection", op.get_bind().connection.driver_connection)
    # Without parameters psycopg sends a script of many statements as it is and reads no percent sign in it.
    driver.execute(sql)
    values = ", ".join(f"('{code}', {exponent})" for code, exponent in sorted(EXPONENTS.items()))
    driver.execute(f"INSERT INTO currency (code, exponent) VALUES {values}")


def downgrade() -> None:
    """Money records are never dropped by a migration."""
    raise NotImplementedError("restore a backup instead: dropping the ledger is not a migration")

"""Brings a database to the current schema, as its owner, and grants the worker's role what it may do."""

from __future__ import annotations

from typing import cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from settlement.errors import Unavailable
from settlement.storage.store import engine_url

# Serialises two migrations started at once.
_MIGRATION_LOCK = 0x5E7700
APPEND_ONLY = ("ledger_transfer", "repayment", "repayment_line", "fee")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "settlement:storage/migrations")
    return config


def head_revision() -> str:
    """The revision this code expects."""
    return cast("str", ScriptDirectory.from_config(_config()).get_current_head())


def current_revision(tx: Connection) -> str | None:
    """The revision the database is at, or None when it is empty."""
    return MigrationContext.configure(tx).get_current_revision()


def upgrade(owner_url: str, *, worker_role: str | None) -> str:
    """Upgrades to the newest revision in one transaction and grants `worker_role` its rights. Returns the revision.

    The role is created (LOGIN, without a password) where it is missing and the owner may create roles.

    Raises:
        Unavailable: the database cannot be reached.
    """
    engine = create_engine(engine_url(owner_url))
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if worker_role is not None:
                _grant(connection, worker_role)
    except OperationalError as error:
        raise Unavailable(f"PostgreSQL: {str(error.orig).splitlines()[0]}") from error
    finally:
        engine.dispose()
    return head_revision()


def _grant(tx: Connection, role: str) -> None:
    """The worker reads and writes, but may only append to the ledger, to repayments and to fees. Rule: R11.2."""
    quoted = tx.dialect.identifier_preparer.quote(role)
    if not tx.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
        tx.execute(text(f"CREATE ROLE {quoted} LOGIN"))
    append_only = ", ".join(APPEND_ONLY)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        f"GRANT EXECUTE ON FUNCTION ensure_ledger_partitions TO {quoted}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {append_only} FROM {quoted}",
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON currency, alembic_version FROM {quoted}",
    ):
        tx.execute(text(statement))
    partitions = tx.scalars(
        text(
            "SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM pg_inherits "
            "WHERE inhparent = CAST('ledger_transfer' AS regclass)"
        )
    )
    for name in list(partitions):
        tx.execute(text(f"REVOKE ALL ON {name} FROM {quoted}"))

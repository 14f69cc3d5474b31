"""Brings a database to the current schema, as its owner, and grants the worker's role what it may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import sleep

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import errors as pg
from sqlalchemy import Connection, Engine, TextClause, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from settlement.errors import Unavailable
from settlement.storage.revision import current_revision, is_at_least
from settlement.storage.server import refuse_old_server
from settlement.storage.sql import advisory
from settlement.storage.store import engine_of
from settlement.storage.tables.records import LEDGER_TRANSFER
from settlement.storage.tables.schema import APPEND_ONLY, READ_ONLY

# Workers that want the same table queue behind whoever waits for its lock, so it waits for moments, and often.
LOCK_TIMEOUT_S = 2.0
TRIES = 30
PAUSE_S = 1.0
# The role that senders by SQL are members of, and the columns of the inbox that it may write.
SENDER_ROLE = "settle_sender"
SENDER_COLUMNS = ("source", "event_id", "type", "account", "data", "occurred_at", "correlation_id")
# Where they read what became of what they sent.
OUTCOMES = "event_outcome"
_FIND_TABLE, _FIND_FUNCTION = text("SELECT to_regclass(:name)"), text("SELECT to_regproc(:name)")
_IN_THE_WAY = (pg.LockNotAvailable, pg.DeadlockDetected)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "settlement:storage/migrations")
    return config


def upgrade(
    owner_url: str,
    *,
    worker_role: str | None,
    to: str | None = None,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
    tries: int = TRIES,
    pause_s: float = PAUSE_S,
) -> str:
    """Upgrades to the newest revision (or `to`), each in a transaction, and grants `worker_role` its rights.

    Returns the revision the database is at, which may be newer than this code. Workers may be at work: a revision
    waits for a lock for `lock_timeout_s`, so that nobody queues behind it for long, then lets go and tries again after
    a pause. The role is created (LOGIN, without a password) where it is missing and the owner may create roles.

    Raises:
        UnusableServer: the server is too old.
        Unavailable: the database cannot be reached, or a lock was not granted in `tries` tries; revisions before it
            stay, and repeating goes on from there.
    """
    engine = engine_of(owner_url)
    try:
        with engine.connect() as connection:
            refuse_old_server(connection)
        for revision in _revisions(to):
            _patiently(
                engine,
                partial(_upgrade_to, revision=revision),
                f"revision {revision}",
                lock_timeout_s,
                tries,
                pause_s,
            )
        _patiently(engine, _grant_senders, "the senders' rights", lock_timeout_s, tries, pause_s)
        if worker_role is not None:
            _patiently(
                engine,
                partial(_grant, role=worker_role),
                "the worker's rights",
                lock_timeout_s,
                tries,
                pause_s,
            )
        with engine.connect() as connection:
            return current_revision(connection) or "none"
    except OperationalError as error:
        raise Unavailable(f"PostgreSQL: {str(error.orig).splitlines()[0]}") from error
    finally:
        engine.dispose()


def _revisions(to: str | None) -> list[str]:
    """Every revision up to `to`, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [one.revision for one in script.iterate_revisions(to or "head", "base")][::-1]


def _upgrade_to(tx: Connection, *, revision: str) -> None:
    # Two may be started at once.
    advisory.lock(tx, advisory.Advisory.MIGRATION)
    if is_at_least(current_revision(tx), revision):
        return
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, revision)


def _patiently(
    engine: Engine,
    act: Callable[[Connection], None],
    what: str,
    lock_timeout_s: float,
    tries: int,
    pause_s: float,
) -> None:
    for left in reversed(range(tries)):
        try:
            with engine.begin() as connection:
                setting = {"limit": f"{int(lock_timeout_s * 1000)}ms"}
                connection.execute(text("SELECT set_config('lock_timeout', :limit, true)"), setting)
                act(connection)
                return
        except (OperationalError, *_IN_THE_WAY) as error:
            # A script goes to the driver as it is, and so its errors come as they are.
            if not isinstance(getattr(error, "orig", error), _IN_THE_WAY):
                raise
            if not left:
                raise Unavailable(
                    f"PostgreSQL: {what} got no lock in {tries} tries of {lock_timeout_s:g} s; pg_stat_activity shows "
                    "who holds it (a long transaction, an audit, a backup); repeating goes on from here"
                ) from error
        sleep(pause_s)


def _grant_senders(tx: Connection) -> None:
    """Whoever sends by SQL is a member of this role: it may write what an event says, and read what became of it.

    A migration by an owner who may not create roles leaves it to whoever may. Rule: R11.1b, R13.1b.
    """
    if not tx.scalar(text("SELECT to_regclass('public.inbox') IS NOT NULL")):
        return
    if not tx.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": SENDER_ROLE}):
        if not tx.scalar(text("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")):
            return
        try:
            with tx.begin_nested():
                tx.execute(text(f"CREATE ROLE {SENDER_ROLE} NOLOGIN"))
        except (IntegrityError, ProgrammingError) as error:
            # Roles are of the whole server: another database's migration made it at the same moment.
            if not isinstance(error.orig, (pg.DuplicateObject, pg.UniqueViolation)):
                raise
    tx.execute(text(f"GRANT USAGE ON SCHEMA public TO {SENDER_ROLE}"))
    tx.execute(text(f"REVOKE ALL ON inbox FROM {SENDER_ROLE}"))
    tx.execute(text(f"GRANT INSERT ({', '.join(SENDER_COLUMNS)}) ON inbox TO {SENDER_ROLE}"))
    if tx.scalar(text(f"SELECT to_regclass('public.{OUTCOMES}') IS NOT NULL")):
        tx.execute(text(f"GRANT SELECT ON {OUTCOMES} TO {SENDER_ROLE}"))


def _there(tx: Connection, find: TextClause, names: Sequence[str]) -> list[str]:
    return [name for name in names if tx.scalar(find, {"name": name}) is not None]


def _grant(tx: Connection, role: str) -> None:
    """The worker reads and writes, but may only append to the ledger, to repayments and to fees. Rule: R11.2."""
    quoted = tx.dialect.identifier_preparer.quote(role)
    if not tx.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
        tx.execute(text(f"CREATE ROLE {quoted} LOGIN"))
    # An earlier revision has fewer tables.
    append_only, read_only = (", ".join(_there(tx, _FIND_TABLE, names)) for names in (APPEND_ONLY, READ_ONLY))
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        f"GRANT EXECUTE ON FUNCTION ensure_ledger_partitions TO {quoted}",
        *(
            f"GRANT EXECUTE ON FUNCTION {name} TO {quoted}"
            for name in _there(tx, _FIND_FUNCTION, ("begin_outbox_epoch",))
        ),
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {append_only} FROM {quoted}",
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {read_only} FROM {quoted}",
    ):
        tx.execute(text(statement))
    partitions = tx.scalars(
        text(
            "SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM pg_inherits "
            "WHERE inhparent = CAST(:parent AS regclass)"
        ),
        {"parent": LEDGER_TRANSFER.name},
    )
    for name in list(partitions):
        tx.execute(text(f"REVOKE ALL ON {name} FROM {quoted}"))

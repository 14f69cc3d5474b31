"""The connection to PostgreSQL. Only `Store.transaction` commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from settlement.errors import Busy, OutcomeUnknown, TooLong, Unavailable, UnusableServer

# Named so that an operator recognises these sessions in pg_stat_activity.
APPLICATION_NAME = "settle"

# SQLSTATEs after which the same transaction may simply be tried again.
_RETRYABLE = (
    pg.LockNotAvailable,
    pg.DeadlockDetected,
    pg.SerializationFailure,
    pg.QueryCanceled,
    pg.IdleInTransactionSessionTimeout,
)


def engine_of(url: str, *, session: Mapping[str, object] | None = None, **options: Any) -> Engine:
    """An engine for a database URL as libpq reads it, which may name several servers (`postgresql://role@one,two/settle`):
    the one that takes writes is used. `session` is for psycopg, `options` are SQLAlchemy's.

    Raises:
        UnusableServer: the URL cannot be read.
    """
    try:
        given = conninfo_to_dict(_for_libpq(url))
    except psycopg.ProgrammingError as error:
        raise UnusableServer(
            f"PostgreSQL: the URL of the database cannot be read: {_first_line(error)}"
        ) from error
    # A standby takes no work: after a failover the next server of the list is asked, or the same name again.
    arguments = {"target_session_attrs": "read-write", **given, **(session or {})}
    engine = create_engine("postgresql+psycopg://", connect_args=arguments, **options)
    event.listen(engine, "handle_error", _leave_standby)
    return engine


def _leave_standby(context: ExceptionContext) -> None:
    """Behind a pooler a session may find itself at a server that writes no longer: none of the pool is kept."""
    if isinstance(context.original_exception, pg.ReadOnlySqlTransaction):
        context.is_disconnect = True


def _for_libpq(url: str) -> str:
    """The spelling of SQLAlchemy, which names the driver, as libpq has it."""
    return (
        f"postgresql{url.removeprefix('postgresql+psycopg')}"
        if url.startswith("postgresql+psycopg://")
        else url
    )


class Store:
    """A pool of connections and the one place that begins and ends transactions.

    Time limits are PostgreSQL's own, so that they also end work whose process hangs: `statement_timeout_s` for one
    statement, `lock_timeout_s` for one lock, `idle_in_transaction_timeout_s` for a transaction that does nothing.
    The rest is about connections: how long to try one, how many to keep, how many more for a while, how long to wait
    for a free one. All in seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        statement_timeout_s: float = 60,
        lock_timeout_s: float = 20,
        idle_in_transaction_timeout_s: float = 60,
        connect_timeout_s: float = 3,
        pool_size: int = 5,
        pool_overflow: int = 5,
        pool_timeout_s: float = 10,
    ) -> None:
        options = (
            f"-c statement_timeout={int(statement_timeout_s * 1000)} -c lock_timeout={int(lock_timeout_s * 1000)} "
            f"-c idle_in_transaction_session_timeout={int(idle_in_transaction_timeout_s * 1000)} -c timezone=UTC"
        )
        self.engine: Engine = engine_of(
            url,
            session={
                "options": options,
                "application_name": APPLICATION_NAME,
                "connect_timeout": max(2, round(connect_timeout_s)),
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                # A pooler in transaction mode hands every transaction another session.
                "prepare_threshold": None,
            },
            pool_size=pool_size,
            max_overflow=pool_overflow,
            pool_timeout=pool_timeout_s,
            pool_pre_ping=True,
            # An error's text must not carry what an event brought.
            hide_parameters=True,
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: commits when the block ends, rolls back when it raises.

        Raises:
            Unavailable: PostgreSQL cannot be reached. Nothing was written.
            Busy: a lock, or as `TooLong` a statement, ran into its time limit. Nothing was written.
            OutcomeUnknown: the connection broke during the commit, which may have been made or not. Every caller can
                repeat its work safely for that reason.
        """
        is_committing = False
        try:
            with self.engine.connect() as connection:
                transaction = connection.begin()
                try:
                    yield connection
                except BaseException:
                    transaction.rollback()
                    raise
                is_committing = True
                transaction.commit()
        except DBAPIError as error:
            if is_committing and error.connection_invalidated:
                raise OutcomeUnknown(
                    f"PostgreSQL did not answer a commit: {_first_line(error.orig)}"
                ) from error
            if isinstance(error.orig, _RETRYABLE) and not error.connection_invalidated:
                raise _busy(error.orig) from error
            if error.connection_invalidated or isinstance(error, OperationalError):
                raise Unavailable(f"PostgreSQL: {_first_line(error.orig)}") from error
            raise
        except PoolTimeout as error:
            raise Unavailable("PostgreSQL: no connection of the pool became free") from error
        except _RETRYABLE as error:
            raise _busy(error) from error
        except pg.OperationalError as error:
            raise Unavailable(f"PostgreSQL: {_first_line(error)}") from error

    def close(self) -> None:
        """Closes every pooled connection."""
        self.engine.dispose()


def driver_cursor(tx: Connection) -> Any:
    """A psycopg cursor inside the transaction, for COPY, which SQLAlchemy does not speak."""
    return cast("psycopg.Connection", tx.connection.driver_connection).cursor()


def _busy(error: BaseException) -> Busy:
    family = TooLong if isinstance(error, pg.QueryCanceled) else Busy
    return family(f"PostgreSQL: {_first_line(error)}")


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]

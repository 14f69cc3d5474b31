"""The one place where an error becomes a sentence for a person and an exit code for a program."""

from __future__ import annotations

import errno
import sys
from dataclasses import dataclass
from enum import IntEnum

from settlement.errors import (
    Broken,
    ClocksDiffer,
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    Refused,
    SettingsDiffer,
    Unavailable,
    UnusableServer,
)


class ExitCode(IntEnum):
    """What the exit code of a command means."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    VIOLATIONS = 5
    UNAVAILABLE = 6
    OUTCOME_UNKNOWN = 7
    INTERRUPTED = 130


EXIT_CODES = (
    "Exit codes: 0 ok, 1 error, 2 usage or settings, 3 not found, 4 refused by a rule, "
    "5 audit found violations, 6 a dependency is down, 7 outcome unknown, 130 interrupted. "
    "With --json an error is an object too, the last line of standard error."
)


class CommandFailed(Exception):
    """A command that ends with a code of its own and a sentence."""

    def __init__(self, code: ExitCode, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Failure:
    """An exit code, what is wrong and where, what to do next; `name` is the code word of a refusal."""

    code: ExitCode
    message: str
    remedy: str = ""
    name: str = ""


_DOCTOR = "`settle doctor` checks settings and servers; `settle up` starts the embedded ones"
_DATABASE = f"check SETTLE_DATABASE_URL; {_DOCTOR}"
_BROKER = f"check SETTLE_BROKER_URL; {_DOCTOR}"
_AGAIN = "repeat the command: what was written already is recognised and not written twice"
_MIGRATE = "run `settle db migrate`"


def failure_of(error: BaseException) -> Failure:
    """What to report about an error, and the exit code it ends with."""
    match error:
        case CommandFailed():
            return Failure(error.code, error.message, error.remedy)
        case OutcomeUnknown():
            return Failure(ExitCode.OUTCOME_UNKNOWN, str(error), _AGAIN)
        case ClocksDiffer():
            return Failure(ExitCode.UNAVAILABLE, str(error), "`settle doctor` shows both clocks")
        case SettingsDiffer():
            return Failure(
                ExitCode.USAGE, f"settings: {error}", "`settle settings show` shows what holds, and why"
            )
        case UnusableServer():
            return Failure(ExitCode.USAGE, str(error), _DOCTOR)
        case Misconfigured():
            return Failure(
                ExitCode.USAGE, f"gateway: {error}", "config/env.example lists SETTLE_GATEWAYS__ variables"
            )
        case NotFound():
            return Failure(ExitCode.NOT_FOUND, error.message, name=error.code)
        case Refused():
            return Failure(ExitCode.REFUSED, error.message, name=error.code)
        case Broken():
            return Failure(ExitCode.ERROR, f"figures do not add up: {error}", "run `settle audit`")
        case _:
            return _library_failure(error)


def _library_failure(error: BaseException) -> Failure:
    """Errors of what is loaded only once something of it is needed."""
    from psycopg import errors as pg
    from sqlalchemy.exc import SQLAlchemyError

    from config.settings import SettingsError
    from worker.servers import LocalServerError

    match error:
        case SettingsError():
            return Failure(
                ExitCode.USAGE,
                f"settings: {error}",
                "config/env.example lists every variable with its meaning",
            )
        case LocalServerError():
            return Failure(ExitCode.UNAVAILABLE, str(error), "`settle up` starts the embedded servers")
        case Unavailable():
            return Failure(ExitCode.UNAVAILABLE, str(error), _DATABASE)
        case _ if _is_of_the_broker(error):
            return Failure(ExitCode.UNAVAILABLE, f"broker: {_first_line(error)}", _BROKER)
        case SQLAlchemyError() | pg.Error():
            return _database_failure(error)
        case _:
            return _other_failure(error)


def _is_of_the_broker(error: BaseException) -> bool:
    # The client is not loaded to find out: whoever raised its error has loaded it.
    redis = sys.modules.get("redis")
    return redis is not None and isinstance(error, redis.RedisError)


def _database_failure(error: BaseException) -> Failure:
    from psycopg import errors as pg
    from sqlalchemy.exc import DBAPIError

    cause = error.orig if isinstance(error, DBAPIError) else error
    message = f"PostgreSQL: {_first_line(cause or error)}"
    match cause:
        case pg.UndefinedTable() | pg.UndefinedColumn() | pg.UndefinedFunction() | pg.UndefinedObject():
            return Failure(
                ExitCode.ERROR, f"{message}: the schema is missing or older than this program", _MIGRATE
            )
        case pg.InsufficientPrivilege():
            remedy = (
                "SETTLE_MIGRATION_URL names the owner of the tables, SETTLE_DATABASE_URL the worker's role"
            )
            return Failure(ExitCode.ERROR, message, remedy)
        case pg.OperationalError() | pg.ReadOnlySqlTransaction():
            return Failure(ExitCode.UNAVAILABLE, message, _DATABASE)
        case _:
            return Failure(ExitCode.ERROR, message, "`settle --debug ...` shows where")


def _other_failure(error: BaseException) -> Failure:
    # Celery's library speaks of its broker with a class of its own; it is loaded when it can have raised it.
    kombu = sys.modules.get("kombu.exceptions")
    if kombu is not None and isinstance(error, kombu.OperationalError):
        return Failure(ExitCode.UNAVAILABLE, f"broker: {_first_line(error)}", _BROKER)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        remedy = "free some space" if error.errno == errno.ENOSPC else ""
        return Failure(ExitCode.ERROR, f"{place}{error.strerror or error}", remedy)
    return Failure(
        ExitCode.ERROR, f"{type(error).__name__}: {_first_line(error)}", "`settle --debug ...` shows where"
    )


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]

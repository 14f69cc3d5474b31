"""Where the database and the broker are: what the settings name, else the embedded servers of the state folder.

`settle up` writes down where the embedded ones are, so that whoever uses them need not know how they are run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from config.settings import Settings
from settlement.errors import Unavailable

FILE = "servers.json"
# The same names as in the settings, which come first.
DATABASE, OWNER, BROKER = "database_url", "migration_url", "broker_url"


class LocalServerError(Unavailable):
    """An embedded server or a local process could not be started or stopped; the message says why and where to look."""


def database_url(settings: Settings) -> str:
    """The database as the worker's role. The URL may hold a password and is never logged.

    Raises:
        LocalServerError: the settings name none, and no embedded one was started.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return _embedded(settings.state_dir, DATABASE)


def migration_url(settings: Settings) -> str:
    """The database as the role that owns its tables; else as `database_url`."""
    named = settings.migration_url or settings.database_url
    return named.get_secret_value() if named is not None else _embedded(settings.state_dir, OWNER)


def broker_url(settings: Settings) -> str:
    """The broker; else as `database_url`."""
    if settings.broker_url is not None:
        return settings.broker_url.get_secret_value()
    return _embedded(settings.state_dir, BROKER)


def write_embedded(state_dir: Path, urls: Mapping[str, str]) -> None:
    """Writes down where the embedded servers are, for the owner of the folder alone; a file is whole or the old one."""
    partial = state_dir / f"{FILE}.partial"
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(dict(urls), stream)
    partial.replace(state_dir / FILE)


def _embedded(state_dir: Path, name: str) -> str:
    try:
        return str(json.loads((state_dir / FILE).read_text())[name])
    except (OSError, ValueError, KeyError, TypeError):
        raise LocalServerError(
            f"SETTLE_{name.upper()} is not set, and no embedded server was started in {state_dir}"
        ) from None

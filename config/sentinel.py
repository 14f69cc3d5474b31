"""The URL of a Redis or Valkey that sentinels watch: `sentinel://user:password@one:26379,two:26379/0?master=NAME`.

`sentinels://` is the same over TLS, to the sentinels and to the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote

from config.urls import files_of, hosts_of, options_of, split

SCHEME, TLS = "sentinel", "sentinels"
SCHEMES = (SCHEME, TLS)
PORT = 26379
_NO_HOST = f"must name sentinels: {SCHEME}://one:{PORT},two:{PORT}/0?master=NAME"
_MASTER, _USER, _PASSWORD = "master", "sentinel_user", "sentinel_password"


@dataclass(frozen=True, slots=True)
class SentinelUrl:
    """Where sentinels are, what they call the server they watch, and who one is to the server and to them.

    `sentinels`: host and port of each. `user` and `password` are for the server, those that begin with `sentinel_` for
    the sentinels; None where none is needed. `files` are those of TLS, by the names that the client has for them.
    """

    sentinels: tuple[tuple[str, int], ...]
    master: str
    database: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_user: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    files: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parsed(cls, url: str) -> Self:
        """Reads a URL.

        Raises:
            ValueError: it has not this form; the message says what is wrong, and nothing of what was given.
        """
        parts = split(url)
        login, _, hosts = parts.servers.rpartition("@")
        user, _, password = login.partition(":")
        given = options_of(parts, TLS, (_MASTER, _USER, _PASSWORD))
        if not given.get(_MASTER):
            raise ValueError("must say what the sentinels call the server: ?master=NAME")
        sentinels = hosts_of(hosts, PORT)
        if sentinels is None:
            raise ValueError(_NO_HOST)
        return cls(
            sentinels,
            given[_MASTER],
            _database(parts.path),
            unquote(user) or None,
            unquote(password) or None,
            given.get(_USER) or None,
            given.get(_PASSWORD) or None,
            parts.scheme == TLS,
            files_of(given),
        )


def _database(path: str) -> int:
    number = path.strip("/") or "0"
    if not (number.isascii() and number.isdecimal()):
        raise ValueError("must have the number of a database, or nothing, behind the sentinels")
    return int(number)

"""URLs that name several servers, taken apart. Python's own way refuses some: with an IPv6 address among them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

_URL = re.compile(r"(?:([^:/?#]*)://)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)

# Of the URLs of brokers: what names the files of TLS, as the clients have it.
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


class Parts(NamedTuple):
    """What stands where. `servers` has the login before its last `@`."""

    scheme: str
    servers: str
    path: str
    query: str


def split(url: str) -> Parts:
    """The parts of a URL, each as it is written; empty where there is none."""
    found = _URL.fullmatch(url)
    return Parts(*(part or "" for part in found.groups())) if found else Parts("", "", "", "")


def options_of(parts: Parts, tls: str, own: Sequence[str] = ()) -> dict[str, str]:
    """What is behind the question mark of a broker's URL: `own` names, and over TLS, which is the scheme `tls`, files.

    Raises:
        ValueError: something else is; the message says what may be, and nothing of what was given.
    """
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    may = (*own, *(TLS_FILES if parts.scheme == tls else ()))
    if given.keys() <= set(may):
        return given
    takes = (
        f"takes {', '.join(may)} behind the question mark, nothing else"
        if may
        else "takes nothing behind a question mark"
    )
    of_tls = f"; TLS is {tls}://" if parts.scheme != tls and given.keys() & set(TLS_FILES) else ""
    raise ValueError(takes + of_tls)


def files_of(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The files of TLS among them, by the names that clients have for them."""
    return tuple((name, options[name]) for name in TLS_FILES if options.get(name))


def hosts_of(servers: str, port: int) -> tuple[tuple[str, int], ...] | None:
    """Host and port of each server of a list with commas, the port given where none is; None if one cannot be read."""
    found = [_host(server) for server in servers.split(",")]
    named = [(host, given or port) for host, given in found if host]
    return tuple(named) if len(named) == len(found) else None


def _host(server: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(f"//{server}")
        return parts.hostname, parts.port
    except ValueError:
        return None, None

"""URLs that name several servers, taken apart. Python's own way refuses some: with an IPv6 address among them."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

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

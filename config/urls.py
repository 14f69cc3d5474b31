"""URLs that name several servers, taken apart. Python's own way refuses some: with an IPv6 address among them."""

from __future__ import annotations

import re
from typing import NamedTuple

_URL = re.compile(r"(?:([^:/?#]*)://)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)


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

"""Addresses of the API and the console: names with any character in them, and numbers of rows."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from starlette.routing import Match, Route
from starlette.types import Scope

from settlement.errors import NotFound

_MOST_DIGITS = 18


class RawRoute(Route):
    """A route whose names may have any character in them, a slash too: they are taken from the path as it was sent."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Does it fit, and the names in it."""
        match, found = super().matches({**scope, "path": sent_path(scope)})
        if "path_params" in found:
            found["path_params"] = {
                name: unquote(value) if isinstance(value, str) else value
                for name, value in found["path_params"].items()
            }
        return match, found


def sent_path(scope: Scope) -> str:
    """The path as it was sent: what stands in it for another character still does."""
    raw: bytes = scope["raw_path"]
    return raw.decode("latin-1")


def number_in(names: Mapping[str, object], name: str, noun: str = "") -> int:
    """The number of a row in the names of an address; `noun`: what it is called where that is not `name`.

    Raises:
        NotFound: no row can have it.
    """
    text, noun = str(names[name]), noun or name
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise NotFound(f"unknown_{noun}", f"{noun} {text[:40]} is not known")
    return int(text)

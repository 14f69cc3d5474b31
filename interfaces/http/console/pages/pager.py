"""A page of many rows: where it begins, and where the next one does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from interfaces.http.api.reads.listing import Place
from interfaces.http.api.reads.pages import cursor_of, place_of

T = TypeVar("T")


class Paged(NamedTuple, Generic[T]):
    """What is shown of the rows. `first`: nothing is before them; `following`: the query of the next page, None on the
    last.
    """

    rows: Sequence[T]
    first: bool
    following: str | None


def place_in(request: Request, place: Place[Any]) -> Any:
    """After which place the page begins, by its address; None where it is the first.

    Raises:
        Problem: it is no such place (400).
    """
    text = request.query_params.get("after", "")
    return place_of(text, place) if text else None


def paged(request: Request, found: Sequence[T], limit: int, place: Place[T] | None) -> Paged[T]:
    """A page of what was read, which is one row more than it shows; without a place it is all. The next page has the
    same filters.
    """
    kept = {name: value for name, value in request.query_params.items() if value and name != "after"}
    first = not request.query_params.get("after")
    if place is None or len(found) <= limit:
        return Paged(found, first, None)
    rows = found[:limit]
    return Paged(rows, first, f"?{urlencode({**kept, 'after': cursor_of(place.of(rows[-1]))})}")

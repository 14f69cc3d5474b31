"""Listings as pages of JSON with a cursor, or whole as CSV. Rule: R12.5."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from interfaces.csv_lines import csv_bytes
from interfaces.fields.field import Fields, as_object, as_objects
from interfaces.fields.operations.archives import ARCHIVED, archived_json
from interfaces.fields.values import Exact, Json, Money, csv_cell
from interfaces.http.api.context import Api, Caller, as_json
from interfaces.http.api.operation import CSV, JSON, Operation, Schema, called, parameter, ref
from interfaces.http.api.reads.listing import Listing, Place
from interfaces.http.api.reads.listings import LISTINGS
from interfaces.http.api.samples import SAMPLE_FACTS, schema_of
from interfaces.http.problems import Problem
from settlement.errors import NotFound, Refused
from settlement.queries.operating.archives import Elsewhere

MOST_ROWS = 1_000
_ROWS = 50


async def listed(api: Api, request: Request, *, listing: Listing[Any]) -> Response:
    """A page of a listing, with the cursor of the next; or all of its rows as CSV, where `Accept` asks for that."""
    caller = await api.caller(request, listing.scope)
    limit, after, filters = parameters_of(listing, request.path_params, request.query_params.multi_items())
    _check_may(caller, filters)
    fields = await api.in_thread(listing.fields, api.runtime)
    if wants_csv(request):
        first = await page_of(api, listing, MOST_ROWS, after, filters)
        return StreamingResponse(lines_of(api, listing, fields, filters, first), media_type=CSV)
    found = await page_of(api, listing, limit + 1, after, filters)
    page = found[:limit]
    following = cursor_of(listing.place.of(page[-1])) if len(found) > limit else None
    more = {}
    if listing.elsewhere is not None:
        more["archived"] = archived_json(await elsewhere_of(api, listing, filters))
    return as_json({listing.name: as_objects(fields, page), "next": following, **more})


async def elsewhere_of(api: Api, listing: Listing[Any], filters: Mapping[str, Any]) -> Elsewhere | None:
    """What of a listing is in archives."""
    find, zone = listing.elsewhere, api.runtime.policy.zone
    return None if find is None else await api.read(lambda tx: find(tx, zone, **filters))


def wants_csv(request: Request) -> bool:
    """Does a request ask for CSV."""
    return CSV in request.headers.get("accept", "")


async def page_of(
    api: Api, listing: Listing[Any], limit: int, after: Any, filters: Mapping[str, Any]
) -> Sequence[Any]:
    """Rows of a listing, from the place `after` on."""
    given = {} if listing.given is None else await api.in_thread(listing.given, api.runtime)
    return await api.read(lambda tx: listing.rows(tx, limit=limit, after=after, **filters, **given))


def lines_of(
    api: Api,
    listing: Listing[Any],
    fields: Fields[Any],
    filters: Mapping[str, Any],
    first: Sequence[Any],
) -> AsyncIterator[bytes]:
    """All rows of a listing as lines of CSV, from the `first` page on; read page by page as they are taken."""

    def following(last: Any) -> Awaitable[Sequence[Any]]:
        return page_of(api, listing, MOST_ROWS, listing.place.of(last), filters)

    return csv_of(fields, first, following, with_currency=listing.id in _IN_A_CURRENCY)


async def csv_of(
    fields: Fields[Any],
    first: Sequence[Any],
    following: Callable[[Any], Awaitable[Sequence[Any]]],
    *,
    with_currency: bool,
) -> AsyncIterator[bytes]:
    """Rows as lines of CSV, from the `first` page on; `following` reads the page after a row, as it is taken.

    `with_currency`: a column says of which currency the amounts of a row are, where none of its own does.
    """
    page = first
    keyed = [part for field in fields if field.key for part in (field.parts or (field,))]
    with_currency = with_currency and all(field.key != "currency" for field in keyed)
    yield csv_bytes([[*(field.key for field in keyed), *(["currency"] if with_currency else [])]])
    while page:
        values = [[field.read(row) for field in keyed] for row in page]
        yield csv_bytes([*map(csv_cell, row), *([_currency(row)] if with_currency else [])] for row in values)
        if len(page) < MOST_ROWS:
            return
        page = await following(page[-1])


def _currency(values: Sequence[Json]) -> str:
    """The currency of a row's amounts: all of one account, so there is one."""
    return next((value.currency for value in values if isinstance(value, Money | Exact)), "")


def parameters_of(
    listing: Listing[Any], named: Mapping[str, Any], given: Sequence[tuple[str, str]]
) -> tuple[int, Any, dict[str, Any]]:
    """How many rows, from which place on, by which filters; `named` are those of the path.

    Raises:
        Problem: a parameter is not known, or not as it should be.
    """
    filters: dict[str, Any] = dict(named)
    known = {one.name: one for one in listing.filters}
    limit, after = _ROWS, None
    for name, value in given:
        if name == "limit" and value.isascii() and value.isdigit() and 1 <= len(value) <= 4:
            limit = int(value)
        elif name == "after":
            after = place_of(value, listing.place)
        elif name in known:
            try:
                filters[known[name].argument] = known[name].parse(value)
            except Refused as error:
                raise Problem(400, error.code, f"{name}: {error.message}") from None
        elif name != "limit":
            may = ", ".join(["limit", "after", *known])
            raise Problem(400, "unknown_parameter", f"{name} is not known; known are {may}")
        else:
            limit = 0
    if not 1 <= limit <= MOST_ROWS:
        raise Problem(400, "bad_shape", f"limit: must be a number from 1 to {MOST_ROWS}")
    return limit, after, filters


def _check_may(caller: Caller, filters: Mapping[str, Any]) -> None:
    """Who may see some accounts has to say which."""
    if caller.sender.accounts is None:
        return
    account = filters.get("account") or filters.get("main")
    if account is None:
        detail = "this key may read some accounts only: name one in `account`"
        raise Problem(403, "not_allowed", detail)
    if not caller.sender.may_name(account):
        raise NotFound("unknown_account", f"account {account} is not known to this key")


def cursor_of(place: Any) -> str:
    """A place in a listing as text that nobody needs to understand."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(cursor: str, place: Place[Any]) -> Any:
    """What a cursor of this kind of place stands for.

    Raises:
        Problem: it is none.
    """
    try:
        value = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        value = None
    found = tuple(value) if isinstance(value, list) else value
    if not place.fits(found):
        raise Problem(400, "bad_cursor", "after: take the value of `next` of the page before")
    return found


def _row_of(listing: Listing[Any]) -> Schema:
    """What its rows are in JSON."""
    present = partial(as_object, listing.fields(SAMPLE_FACTS))
    return called(listing.row.__name__.removesuffix("View"), schema_of(listing.row, present))


_ROWS_OF = {listing.id: _row_of(listing) for listing in LISTINGS}
_IN_A_CURRENCY = frozenset(
    name
    for name, row in _ROWS_OF.items()
    if any(ref("Amount") in (of, *of.get("anyOf", ())) for of in row["properties"].values())
)


def _operation(listing: Listing[Any]) -> Operation:
    page: dict[str, Any] = {
        "type": "object", "required": [listing.name, "next"], "properties": {
            listing.name: {"type": "array", "items": _ROWS_OF[listing.id]},
            "next": {"type": ["string", "null"], "description": "`after` of the next page; null on the last."},
        },
    }  # fmt: skip
    parameters = [parameter("query", one.name, one.means, one.schema) for one in listing.filters]
    limit = parameter(
        "query",
        "limit",
        "So many at once.",
        {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": _ROWS},
    )
    after = parameter("query", "after", "From here on: `next` of the page before.", {"type": "string"})
    if listing.elsewhere is not None:
        page["properties"]["archived"] = ARCHIVED
        page["required"].append("archived")
    return Operation(
        listing.id, "GET", listing.path, listing.means, listing.scope, partial(listed, listing=listing),
        {200: {JSON: page, CSV: {"type": "string"}}}, "reads",
        [limit, after, *parameters], problems=[404],
    )  # fmt: skip


OPERATIONS = tuple(map(_operation, LISTINGS))

"""`GET /v1/announcements`: everything that was announced, from any point on. Rule: R13.2c."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from interfaces.fields.field import as_objects
from interfaces.fields.webhooks import ANNOUNCEMENTS
from interfaces.http.api.context import Api, as_json
from interfaces.http.api.operation import CSV, JSON, Operation, parameter, ref
from interfaces.http.api.reads.filters import ACCOUNT, Filter, named
from interfaces.http.api.reads.pages import csv_of, wants_csv
from interfaces.http.problems import Problem
from settlement.errors import NotFound, Refused
from settlement.queries.programs import announcements
from settlement.queries.programs.announcements import AnnouncementView

FILTERS: tuple[Filter, ...] = (
    named("after", "Only those after the one with this id, in the order in which they were published."),
    named("topic", "Only of this topic; `bill.*` is every one that begins so."),
    ACCOUNT,
)
MOST = 1_000
_LIMIT = 100


async def list_announcements(api: Api, request: Request) -> Response:
    """The announcements after one that is known, oldest first. `next` is the id to go on after, also when none came;
    as CSV all of them.

    Outcomes of events are those of the caller's own source.
    """
    caller = await api.caller(request, "read")
    given = _parameters(request)
    account = given.get("account")
    if caller.sender.accounts is not None and account is None:
        raise Problem(403, "not_allowed", "this key may read some accounts only: name one in `account`")
    if account is not None and not caller.sender.may_name(account):
        raise NotFound("unknown_account", f"account {account} is not known to this key")
    limit = int(given.pop("limit", _LIMIT))

    def read(limit: int, **place: Any) -> Awaitable[Sequence[AnnouncementView]]:
        wanted = {**given, **place, "source": caller.sender.source, "limit": limit}
        return api.read(partial(announcements.rows, **wanted))

    if wants_csv(request):
        lines = csv_of(
            ANNOUNCEMENTS, await read(MOST), lambda last: read(MOST, after=last.id), with_currency=False
        )
        return StreamingResponse(lines, media_type=CSV)
    rows = await read(limit)
    following = rows[-1].id if rows else given.get("after")
    return as_json({"announcements": as_objects(ANNOUNCEMENTS, rows), "next": following})


def _parameters(request: Request) -> dict[str, str]:
    known = {one.name: one for one in FILTERS}
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name == "limit":
            if not (value.isascii() and value.isdigit() and len(value) <= 4 and 1 <= int(value) <= MOST):
                raise Problem(400, "bad_shape", f"limit: must be a number from 1 to {MOST}")
            given[name] = value
        else:
            try:
                given[name] = known[name].parse(value)
            except Refused as error:
                raise Problem(400, error.code, f"{name}: {error.message}") from None
    return given


_PAGE = {
    "type": "object", "required": ["announcements", "next"], "properties": {
        "announcements": {"type": "array", "items": ref("Announcement")},
        "next": {
            "type": ["string", "null"],
            "description": "`after` of what follows, also when none came; null when nothing was published.",
        },
    },
}  # fmt: skip
_PARAMETERS = (
    parameter("query", "limit", "So many at once.",
              {"type": "integer", "minimum": 1, "maximum": MOST, "default": _LIMIT}),
    *(parameter("query", one.name, one.means, one.schema) for one in FILTERS),
)  # fmt: skip
OPERATIONS = (
    Operation(
        "list_announcements", "GET", "/announcements", "Announcements in the order in which they were published.",
        "read", list_announcements, {200: {JSON: _PAGE, CSV: {"type": "string"}}}, "reads", _PARAMETERS,
        problems=[404, 422],
    ),
)  # fmt: skip

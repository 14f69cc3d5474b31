"""`GET /v1/announcements`: everything that was announced, from any point on. Rule: R13.2c."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import as_objects
from interfaces.fields.webhooks import ANNOUNCEMENTS
from interfaces.http.api.context import Api, as_json
from interfaces.http.api.filters import ACCOUNT, Filter, named
from interfaces.http.api.operation import JSON, Operation, parameter, ref
from interfaces.http.problems import Problem
from settlement.errors import NotFound, Refused
from settlement.queries.programs import announcements

FILTERS: tuple[Filter, ...] = (
    named("after", "Only those after the one with this id, in the order in which they were published."),
    named("topic", "Only of this topic; `bill.*` is every one that begins so."),
    ACCOUNT,
)
MOST = 1_000
_LIMIT = 100


async def list_announcements(api: Api, request: Request) -> Response:
    """The announcements after one that is known, oldest first. `next` is the id to go on after, also when none came.

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
    rows = await api.read(
        partial(announcements.rows, limit=limit, source=caller.sender.source, **given)  # type: ignore[arg-type]
    )
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
        "read", list_announcements, {200: {JSON: _PAGE}}, "reads", _PARAMETERS, problems=[404, 422],
    ),
)  # fmt: skip

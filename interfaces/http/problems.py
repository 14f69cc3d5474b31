"""What is wrong with a request, as a problem document (RFC 9457) with the code that commands give too."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from starlette.responses import Response

from interfaces.fields.values import Json, json_text

CONTENT_TYPE = "application/problem+json"
REQUEST_ID = "X-Request-Id"
RETRY_AFTER_S = 2
TITLES = {
    400: "The request is not well formed",
    401: "No key that is valid",
    403: "This key may not do that",
    404: "Not found",
    405: "Not done this way",
    408: "The body came too slowly",
    409: "Already known with other content",
    412: "It has changed since",
    413: "The body is too large",
    415: "Not a kind of content that is read here",
    422: "Refused by a rule",
    428: "A precondition is needed",
    429: "Too much at once",
    500: "A fault of the server",
    503: "Not available now",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Json] | None = None,
) -> Response:
    """A problem document. `code` is a stable word for programs, `detail` a sentence that names what and where."""
    body: dict[str, Json] = {
        **(more or {}),
        "type": "about:blank",
        "title": TITLES[status],
        "status": status,
        "code": code,
        "detail": detail,
    }
    all_headers = dict(headers or {})
    if status in (429, 503):
        all_headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    return Response(json_text(body) + "\n", status, all_headers, media_type=CONTENT_TYPE)


def unrouted(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The problem document of a request that nothing was asked to answer, with an id of its own."""
    request_id = str(uuid.uuid4())
    named = {**(headers or {}), REQUEST_ID: request_id}
    return problem(status, code, detail, headers=named, more={"request_id": request_id})


class Problem(Exception):
    """Ends a request with a problem document, which has `more` in it beside what all have."""

    def __init__(
        self, status: int, code: str, detail: str, *, more: Mapping[str, Json] | None = None, **headers: str
    ) -> None:
        super().__init__(detail)
        self.more = more or {}
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

"""What goes wrong, as exceptions: problem documents (RFC 9457) by their status, and a server that is not reached."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from settle_client.models import Outcome

if TYPE_CHECKING:
    import httpx

_MOST = 500


class ClientError(Exception):
    """Everything that this package raises for what came from outside."""


class Unreachable(ClientError):
    """No response came, or only a part of one, however often it was tried. Whether it was done is not known.

    Send it again under the same `idempotency_key`, which is part of the message: what was done is not done twice.
    """


class Unexpected(ClientError):
    """A response that is none of this API: another server's, or of a version whose contract is another."""


class ProblemError(ClientError):
    """The response is a problem document.

    `code` is a stable word for programs; `title` and `detail` are for people; `pointer` names the place in the body,
    where one is given; `document` is all of it. `outcome`: what the inbox has of the event, where it was kept and
    refused. `retry_after_s`: seconds, where the server gave them.
    """

    def __init__(self, status: int, document: Mapping[str, Any], retry_after_s: float | None = None) -> None:
        self.status = status
        self.document = dict(document)
        self.code = str(document.get("code") or f"http_{status}")
        self.title = str(document.get("title") or "")
        self.detail = str(document.get("detail") or "")
        self.request_id = str(document.get("request_id") or "")
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.code}: {self.detail or self.title}")

    @property
    def pointer(self) -> str | None:
        """Where in the body it is wrong, as a JSON pointer."""
        errors = self.document.get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        found = self.document.get("pointer") or first.get("pointer")
        return None if found is None else str(found)

    @property
    def outcome(self) -> Outcome | None:
        """The event as it was kept; None where nothing was."""
        return Outcome.model_validate(self.document) if "operation" in self.document else None


class BadRequest(ProblemError):
    """400, 413, 415: the request is not well formed."""


class Unauthorized(ProblemError):
    """401: no key that is valid."""


class Forbidden(ProblemError):
    """403: not with this key."""


class NotFound(ProblemError):
    """404: it is not there, or of an account that this key may not name."""


class Conflict(ProblemError):
    """409: the id is known with other content. Another event needs another id."""


class Changed(ProblemError):
    """412: it has changed since it was read."""


class Refused(ProblemError):
    """422: refused by a rule; `code` says by which."""


class TooManyRequests(ProblemError):
    """408, 429: too slow, or too much at once, still after the last try."""


class Unavailable(ProblemError):
    """5xx: the server or what it needs is away, still after the last try."""


_KINDS: Mapping[int, type[ProblemError]] = {
    400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 408: TooManyRequests, 409: Conflict,
    412: Changed, 413: BadRequest, 415: BadRequest, 422: Refused, 429: TooManyRequests,
}  # fmt: skip


def problem_in(response: httpx.Response) -> ProblemError:
    """The problem that a response has, whose body was read. What is no document is its detail: a proxy's page."""
    try:
        document = json.loads(response.content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"title": response.reason_phrase, "detail": response.text[:_MOST]}
    status = response.status_code
    kind = _KINDS.get(status, Unavailable if status >= 500 else ProblemError)
    return kind(status, document, retry_after_s(response.headers.get("retry-after")))


def retry_after_s(text: str | None) -> float | None:
    """The seconds of a `Retry-After`, whether it has a number or a date (HTTP's, in GMT); None where it has neither."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text[:12])
    try:
        at = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())

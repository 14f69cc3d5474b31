"""What requests of the API work with, and how one is responded to: key, scope, problem document."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.values import Json, json_text
from interfaces.http.api.keys import Keys
from interfaces.http.bodies import body_of
from interfaces.http.problems import REQUEST_ID, Problem, problem
from settlement.errors import NotFound, Refused, Unavailable
from settlement.model.commands.revisions import CHANGED
from settlement.model.policies.senders import Scope, SenderView

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from interfaces.http.api.intake import Intake
    from worker.runtime import Runtime

log = structlog.stdlib.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key a request carries."""

    key_id: str
    sender: SenderView


@dataclass(frozen=True, slots=True)
class Api:
    """What the requests of one server share. `turns`: so many of them use the database at once; `dry_runs`: of a run
    one at a time, on a thread that nobody else waits for.
    """

    runtime: Runtime
    keys: Keys
    intake: Intake
    turns: CapacityLimiter
    most_bytes: int
    body_timeout_s: float
    dry_runs: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))

    async def in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """The outcome of work that waits for the database."""
        return await run_sync(work, *arguments, limiter=self.turns)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What a query finds, in a transaction of its own."""

        def within() -> T:
            with self.runtime.store.transaction() as tx:
                return query(tx)

        return await self.in_thread(within)

    async def caller(self, request: Request, *scopes: Scope) -> Caller:
        """Whose key it is, which opens one of these scopes.

        Raises:
            Problem: there is none that is valid (401), or it does not open them (403).
        """
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not text:
            raise Problem(
                401, "no_key", "send a key: Authorization: Bearer settle_...", WWW_Authenticate="Bearer"
            )
        key = text.strip()
        found = self.keys.remembered(key) or await self.in_thread(self.keys.find, key)
        if found is None:
            raise Problem(
                401, "bad_key", "this key is not known, or no longer valid", WWW_Authenticate="Bearer"
            )
        if not set(scopes) & set(found.scopes):
            needs, has = " or ".join(scopes), ", ".join(found.scopes)
            raise Problem(403, "wrong_scope", f"this needs the scope {needs}; key {found.id} has {has}")
        return Caller(found.id, found.sender)

    async def body(self, request: Request) -> bytes:
        """The body of a request.

        Raises:
            Problem: too large, too slow, or cut off.
        """
        return await body_of(request, most_bytes=self.most_bytes, timeout_s=self.body_timeout_s)


def check_query(request: Request, known: Sequence[str]) -> None:
    """Whoever mistypes `dry_run` must not move money, nor a filter see all rows.

    Raises:
        Problem: a parameter of the query is none of these.
    """
    for name in request.query_params if request.scope["query_string"] else ():
        if name not in known:
            may = f"known are {', '.join(known)}" if known else "nothing is asked for in the query here"
            raise Problem(400, "unknown_parameter", f"{name[:40]} is not known; {may}")


def as_response(handle: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The handler, with whatever ends it early as a problem document that carries the request's id."""

    async def respond(request: Request) -> Response:
        request_id = str(uuid.uuid4())
        named = {"request_id": request_id}
        try:
            response = await handle(request)
        except Problem as error:
            more = {**error.more, **named}
            response = problem(error.status, error.code, error.detail, headers=error.headers, more=more)
        except NotFound as error:
            response = problem(404, error.code, error.message, more=named)
        except Refused as error:
            response = problem(412 if error.code == CHANGED else 422, error.code, error.message, more=named)
        except DataError as error:
            log.warning("out of range", path=request.url.path, error=str(error.orig), request_id=request_id)
            response = problem(400, "bad_shape", "a value is out of range", more=named)
        except (Unavailable, SQLAlchemyError) as error:
            log.warning("request not served", path=request.url.path, error=str(error), request_id=request_id)
            detail = (
                "the database is away or busy, or its answer was lost: send it again, it does nothing twice"
            )
            response = problem(503, "unavailable", detail, more=named)
        except Exception:
            log.exception("request failed", path=request.url.path, request_id=request_id)
            detail = "a fault of the server, which its log has under the request's id; sent again it does nothing twice"
            response = problem(500, "fault", detail, more=named)
        response.headers[REQUEST_ID] = request_id
        return response

    return respond


def as_json(value: Json, status: int = 200, **headers: str) -> Response:
    """A JSON answer, one line of text."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    text = json_text(value, on_one_line=True) + "\n"
    return Response(text, status, named, media_type="application/json")

"""What the stand-in answers with, including not at all."""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class SimResponse:
    """A status and a JSON body, fixed at the moment it is made: objects change afterwards."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.body = copy.deepcopy(body)
        self.headers = headers or {}

    def to_http(self) -> Response:
        """As sent."""
        content = b"" if self.body is None else json.dumps(self.body).encode()
        return Response(content, self.status, self.headers, media_type="application/json")


class Made(NamedTuple):
    """The response of a call that makes something, and the id of what it made; none where it was refused."""

    response: SimResponse
    object_id: str = ""


class Dropped(Response):
    """The connection breaks in the middle of the response."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Promises a body and never sends it; the server then closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})

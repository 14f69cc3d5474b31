"""A receiver of webhooks on this machine, on a real server, which takes what it is told to take."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.running.loopback import served

Respond = Callable[["Received"], Response]


@dataclass(frozen=True)
class Received:
    """A message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def signed_by(self, secret: str) -> bool:
        """As the specification says to check it, with code of its own."""
        content = b".".join([
            self.headers["webhook-id"].encode(), self.headers["webhook-timestamp"].encode(), self.body
        ])  # fmt: skip
        key = base64.b64decode(secret.removeprefix("whsec_"))
        wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{wanted}" in self.headers["webhook-signature"].split(" ")


def take(_: Received) -> Response:
    """Every message is taken."""
    return Response(status_code=204)


@dataclass
class Receiver:
    """What has come, in order, and what is responded."""

    url: str = ""
    respond: Respond = take
    messages: list[Received] = field(default_factory=list)

    def said(self, *names: str) -> list[tuple[Any, ...]]:
        """Of every message its type and these facts."""
        return [(one.json["type"], *(one.json["data"].get(name) for name in names)) for one in self.messages]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver()

    async def receive(request: Request) -> Response:
        message = Received(request.url.path, dict(request.headers), await request.body())
        receiver.messages.append(message)
        return await run_in_threadpool(lambda: receiver.respond(message))

    app = Starlette(routes=[Route("/{rest:path}", receive, methods=["POST", "GET"])])
    with served(app, grace_s=1) as receiver.url:
        yield receiver

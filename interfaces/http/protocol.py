"""HTTP as the server speaks it: parsed by httptools, with a limit for how long and how large the head of a request is.

uvicorn's other parser, in Python, took a third of the server's time for an event that comes alone.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from interfaces.http.problems import unrouted

# What browsers and proxies send stays far below it; httptools itself would keep a head of any size.
MOST_HEAD_BYTES = 65_536


class ImpatientProtocol(HttpToolsProtocol):
    """Closes a connection on which no whole head of a request came in time, so that silent ones do not pile up.

    The body of a request has limits of time and size in the app, a connection between two requests one of uvicorn's.
    """

    def __init__(self, *args: Any, request_timeout_s: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._request_timeout_s = request_timeout_s
        # Since the last head that was whole.
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        # None before the first request, whatever its type says.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        is_body = cycle is not None and cycle.more_body
        super().data_received(data)
        if is_body or self.cycle is not cycle:
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def send_400_response(self, msg: str) -> None:
        """A problem document, as of everything else that is wrong; then the connection ends."""
        response = unrouted(400, "bad_request", msg, {"Connection": "close"})
        head = b"".join(name + b": " + value + b"\r\n" for name, value in response.raw_headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + bytes(response.body))
        self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Unless the next request came before, which is answered now.
        if self.cycle.response_complete:
            self._await_request()

    def _await_request(self) -> None:
        self.loop.call_later(self._request_timeout_s, self._close_without_request, self.cycle)

    def _close_without_request(self, before: object) -> None:
        if self.cycle is before and not self.transport.is_closing():
            self.transport.close()

"""Requests over HTTP, sent again where that helps: under asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import httpx

from settle_client.exchange import (
    as_csv,
    client_options,
    document_in,
    following,
    http_options,
    one_in,
    page_in,
    pause_after,
    result_of,
)
from settle_client.pages import Page
from settle_client.problems import Unreachable
from settle_client.requests import Request
from settle_client.retries import Retries
from settle_client.values import Received

R = TypeVar("R", bound=Received)


class AsyncWire:
    """Connections to one server, with one key."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float,
        retries: Retries,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._http = httpx.AsyncClient(transport=transport, **client_options(base_url, api_key, timeout_s))
        self._timeout_s = timeout_s
        self._retries = retries

    async def close(self) -> None:
        """Ends the connections."""
        await self._http.aclose()

    async def one(self, kind: type[R], request: Request) -> R:
        """A single thing.

        Raises:
            ClientError: the family of what may go wrong.
        """
        return one_in(kind, await self._sent(request))

    async def document(self, request: Request) -> dict[str, object]:
        """A JSON object as it is.

        Raises:
            ClientError: the family of what may go wrong.
        """
        return document_in(await self._sent(request))

    async def page(self, kind: type[R], name: str, request: Request) -> Page[R]:
        """A page of a listing.

        Raises:
            ClientError: the family of what may go wrong.
        """
        return page_in(kind, name, await self._sent(request))

    async def each(self, kind: type[R], name: str, request: Request) -> AsyncIterator[R]:
        """The rows of this page and of those that follow, until none comes.

        Raises:
            ClientError: the family of what may go wrong.
        """
        while True:
            page = await self.page(kind, name, request)
            for row in page.rows:
                yield row
            if page.next is None or not page.rows:
                return
            request = following(request, page.next)

    async def follow(self, kind: type[R], name: str, request: Request, every_s: float) -> AsyncIterator[R]:
        """As `each`, without an end: when none comes, it is tried again after so many seconds.

        Raises:
            ClientError: the family of what may go wrong.
        """
        while True:
            page = await self.page(kind, name, request)
            for row in page.rows:
                yield row
            if page.next is not None:
                request = following(request, page.next)
            if not page.rows:
                await asyncio.sleep(every_s)

    async def csv(self, request: Request) -> AsyncIterator[bytes]:
        """All of a listing as CSV, in pieces as they come.

        Raises:
            ClientError: the family of what may go wrong; `Unreachable` in the midst of it too, when a part is missing.
        """
        response = await self._sent(as_csv(request), stream=True)
        try:
            async for piece in response.aiter_bytes():
                yield piece
        except httpx.RequestError as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        finally:
            await response.aclose()

    async def _sent(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The response of success, at whichever try it comes."""
        tried = 0
        while True:
            tried += 1
            found = await self._tried(request, stream=stream)
            pause_s = pause_after(self._retries, tried, found)
            if pause_s is None:
                return result_of(found)
            await asyncio.sleep(pause_s)

    async def _tried(self, request: Request, *, stream: bool) -> httpx.Response | httpx.RequestError:
        """What one try comes to; read to its end, unless it is a success that is to be read as it comes."""
        try:
            sent = self._http.build_request(**http_options(request, self._timeout_s))
            response = await self._http.send(sent, stream=stream)
            if stream and not response.is_success:
                await response.aread()
        except httpx.RequestError as error:
            return error
        return response


class AsyncResource:
    """Operations that are about one kind of thing."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

"""Requests over HTTP, sent again where that helps: one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
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


class Wire:
    """Connections to one server, with one key."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float,
        retries: Retries,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self._http = httpx.Client(transport=transport, **client_options(base_url, api_key, timeout_s))
        self._timeout_s = timeout_s
        self._retries = retries

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def one(self, kind: type[R], request: Request) -> R:
        """A single thing.

        Raises:
            ClientError: the family of what may go wrong.
        """
        return one_in(kind, self._sent(request))

    def document(self, request: Request) -> dict[str, object]:
        """A JSON object as it is.

        Raises:
            ClientError: the family of what may go wrong.
        """
        return document_in(self._sent(request))

    def page(self, kind: type[R], name: str, request: Request) -> Page[R]:
        """A page of a listing.

        Raises:
            ClientError: the family of what may go wrong.
        """
        return page_in(kind, name, self._sent(request))

    def each(self, kind: type[R], name: str, request: Request) -> Iterator[R]:
        """The rows of this page and of those that follow, until none comes.

        Raises:
            ClientError: the family of what may go wrong.
        """
        while True:
            page = self.page(kind, name, request)
            yield from page.rows
            if page.next is None or not page.rows:
                return
            request = following(request, page.next)

    def follow(self, kind: type[R], name: str, request: Request, every_s: float) -> Iterator[R]:
        """As `each`, without an end: when none comes, it is tried again after so many seconds.

        Raises:
            ClientError: the family of what may go wrong.
        """
        while True:
            page = self.page(kind, name, request)
            yield from page.rows
            if page.next is not None:
                request = following(request, page.next)
            if not page.rows:
                time.sleep(every_s)

    def csv(self, request: Request) -> Iterator[bytes]:
        """All of a listing as CSV, in pieces as they come.

        Raises:
            ClientError: the family of what may go wrong; `Unreachable` in the midst of it too, when a part is missing.
        """
        response = self._sent(as_csv(request), stream=True)
        try:
            yield from response.iter_bytes()
        except httpx.RequestError as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        finally:
            response.close()

    def _sent(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The response of success, at whichever try it comes."""
        tried = 0
        while True:
            tried += 1
            found = self._tried(request, stream=stream)
            pause_s = pause_after(self._retries, tried, found)
            if pause_s is None:
                return result_of(found)
            time.sleep(pause_s)

    def _tried(self, request: Request, *, stream: bool) -> httpx.Response | httpx.RequestError:
        """What one try comes to; read to its end, unless it is a success that is to be read as it comes."""
        try:
            sent = self._http.build_request(**http_options(request, self._timeout_s))
            response = self._http.send(sent, stream=stream)
            if stream and not response.is_success:
                response.read()
        except httpx.RequestError as error:
            return error
        return response


class Resource:
    """Operations that are about one kind of thing."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

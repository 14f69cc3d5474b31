"""What both clients do with a request and what comes back, without waiting for anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from settle_client.pages import Page
from settle_client.problems import Unexpected, Unreachable, problem_in, retry_after_s
from settle_client.requests import Request
from settle_client.retries import AGAIN, Retries
from settle_client.values import Received
from settle_client.version import VERSION

R = TypeVar("R", bound=Received)
CSV = "text/csv"


def client_options(base_url: str, api_key: str, timeout_s: float) -> dict[str, Any]:
    """How the HTTP client is made.

    Raises:
        ValueError: the address is none of HTTP, or there is no key.
    """
    if not base_url.startswith(("http://", "https://")):
        raise ValueError(f"base_url begins with http:// or https://, not {base_url!r}")
    try:
        host = httpx.URL(base_url).host
    except httpx.InvalidURL as error:
        raise ValueError(f"base_url is no address: {error}") from None
    if not host:
        raise ValueError(f"base_url names no host: {base_url!r}")
    if not api_key:
        raise ValueError("api_key is empty; `settle keys create` makes one")
    headers = {"Authorization": f"Bearer {api_key}", "User-Agent": f"settle-client/{VERSION}"}
    return {"base_url": base_url, "headers": headers, "timeout": timeout_s, "follow_redirects": False}


def http_options(request: Request, timeout_s: float) -> dict[str, Any]:
    """What the HTTP client is given of a request. `timeout_s` is that of a request that is answered at once."""
    return {
        "method": request.method,
        "url": request.path,
        "params": dict(request.query) or None,
        "headers": dict(request.headers),
        "content": request.body,
        "timeout": httpx.Timeout(timeout_s, read=timeout_s + request.wait_s),
    }


def pause_after(retries: Retries, tried: int, found: httpx.Response | httpx.RequestError) -> float | None:
    """How long to wait before the next try; None: this is what it came to."""
    if isinstance(found, httpx.RequestError):
        # A header that HTTP does not allow is none at the next try either.
        return None if isinstance(found, httpx.LocalProtocolError) else retries.pause_s(tried, None)
    if found.status_code not in AGAIN:
        return None
    return retries.pause_s(tried, retry_after_s(found.headers.get("retry-after")))


def result_of(found: httpx.Response | httpx.RequestError) -> httpx.Response:
    """The response, if it is one of success.

    Raises:
        Unreachable: there is none.
        ProblemError: it is one of what went wrong.
    """
    if isinstance(found, httpx.RequestError):
        raise Unreachable(f"{type(found).__name__}: {found}") from found
    if not found.is_success:
        raise problem_in(found)
    return found


def document_in(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a response.

    Raises:
        Unexpected: it has none.
    """
    try:
        document = json.loads(response.content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Unexpected(f"{response.request.method} {response.request.url}: the response is no JSON object")
    return document


def one_in(kind: type[R], response: httpx.Response) -> R:
    """A single thing, with its `ETag` where it has one.

    Raises:
        Unexpected: it is not of this kind.
    """
    found = _checked(lambda: kind.model_validate(document_in(response)), response)
    found.with_etag(response.headers.get("etag"))
    return found


def page_in(kind: type[R], name: str, response: httpx.Response) -> Page[R]:
    """A page of a listing, whose rows are called so.

    Raises:
        Unexpected: it is none of these.
    """
    document = document_in(response)
    rows, following = document.get(name), document.get("next")
    if not isinstance(rows, list):
        raise Unexpected(
            f"{response.request.method} {response.request.url}: no list of {name} in the response"
        )
    found = _checked(lambda: tuple(kind.model_validate(row) for row in rows), response)
    return Page(found, following, document.get("archived"))


def following(request: Request, after: str) -> Request:
    """The request for the page after this one."""
    return replace(request, query={**request.query, "after": after})


def as_csv(request: Request) -> Request:
    """The request for all of a listing, as CSV."""
    return replace(request, headers={**request.headers, "Accept": CSV})


T = TypeVar("T")


def _checked(read: Callable[[], T], response: httpx.Response) -> T:
    try:
        return read()
    except ValidationError as error:
        raise Unexpected(f"{response.request.method} {response.request.url}: {error}") from error

"""A request as it is sent, at every try the same."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from settle_client.values import plain

PREFIX = "/v1"


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is quoted and begins with the API's version; `wait_s`: so many seconds its response may be held back."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    wait_s: int = 0


def request(
    method: str,
    path: str,
    *,
    names: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    wait: int | None = None,
) -> Request:
    """A request for a path with `{names}` in it. What is None in query and body is left out.

    Raises:
        TypeError, ValueError: a name is empty, an amount is a float, an instant has no time zone.
    """
    headers = {"Accept": "application/json", **_preference(wait)}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return Request(
        method,
        PREFIX + _filled(path, names or {}),
        {name: _text(of) for name, of in (query or {}).items() if of is not None},
        headers,
        None if body is None else json.dumps(plain(body), allow_nan=False).encode(),
        wait or 0,
    )


def command(
    sent: Request, dry_run: bool, idempotency_key: str | None, if_match: str | None, wait: int | None
) -> Request:
    """The request of a command; its key is drawn where none is given, and stays for all tries.

    Raises:
        ValueError: an empty key.
    """
    if idempotency_key == "":
        raise ValueError("an idempotency_key has 1 to 200 characters")
    headers = {**sent.headers, **_preference(wait)}
    if not dry_run:
        headers["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
    if if_match is not None:
        headers["If-Match"] = if_match
    query = {"dry_run": _text(True)} if dry_run else {}
    return replace(sent, query=query, headers=headers, wait_s=wait or 0)


def _preference(wait: int | None) -> dict[str, str]:
    return {"Prefer": f"wait={wait}"} if wait else {}


def _filled(path: str, names: Mapping[str, str]) -> str:
    for name, of in names.items():
        if not of:
            raise ValueError(f"{name} is empty")
        # Of dots alone it would be a step up in the path.
        text = quote(of, safe="") if of.strip(".") else of.replace(".", "%2E")
        path = path.replace(f"{{{name}}}", text)
    return path


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(plain(value))

"""The body of a request, read within its limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from interfaces.http.problems import Problem


async def body_of(request: Request, *, most_bytes: int, timeout_s: float) -> bytes:
    """The whole body.

    Raises:
        Problem: it is too large, by what is announced or by what comes (413), too slow (408), or was cut off (400).
    """
    try:
        async with asyncio.timeout(timeout_s):
            body = await _read(request, most_bytes)
    except TimeoutError:
        raise Problem(408, "too_slow", f"the body did not come within {timeout_s:g} s") from None
    except ClientDisconnect:
        raise Problem(400, "incomplete", "the connection ended before the body did") from None
    if body is None:
        raise Problem(413, "too_large", f"a body of more than {most_bytes} bytes is not read")
    return body


async def _read(request: Request, most_bytes: int) -> bytes | None:
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most_bytes:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            return None
    return bytes(body)

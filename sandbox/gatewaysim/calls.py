"""How every call is answered: idempotency and faults around what each provider's API does."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from sandbox.gatewaysim.responses import Dropped, Made, SimResponse
from sandbox.gatewaysim.state import Saved, SimState

MAX_BODY_BYTES = 1_000_000


class Words(NamedTuple):
    """What a provider answers where a call is not executed; and does it keep an error of its own under the key."""

    limited: SimResponse
    failed: SimResponse
    in_progress: SimResponse
    reused: SimResponse
    keeps_errors: bool


async def body_of(request: Request) -> bytes | None:
    """The body of a request; None where it is too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return body


async def read(state: SimState, act: Callable[[], SimResponse], words: Words) -> Response:
    """A call that only asks: answered, unless a fault on purpose keeps the response back."""
    state.calls += 1
    fault = state.faults.draw_for_read(state.random)
    if fault == "lost_before":
        return Dropped()
    if fault == "rate_limited":
        return words.limited.to_http()
    if fault == "error_before":
        return words.failed.to_http()
    await asyncio.sleep(state.faults.delay_s(fault))
    return act().to_http()


async def once(
    state: SimState, scope: str, key: str, what: bytes, act: Callable[[], Made], again: Callable[[Saved], SimResponse],
    words: Words,
) -> Response:  # fmt: skip
    """A call that moves money: executed once for a key. `again` answers a repeat; other content is an error."""
    state.calls += 1
    fingerprint = hashlib.sha256(what).hexdigest()
    known = state.saved(scope, key) if key else None
    if known is not None and known.fingerprint != fingerprint:
        return words.reused.to_http()
    fault = state.faults.draw(state.random)
    early = {"rate_limited": words.limited, "in_progress": words.in_progress}
    if fault == "lost_before":
        return Dropped()
    if fault in early:
        return early[fault].to_http()
    if known is not None:
        response = again(known)
    elif fault == "error_before":
        made = Made(words.failed)
        response = made.response
        if words.keeps_errors:
            state.save(scope, key, fingerprint, made)
    else:
        made = act()
        response = words.failed if fault == "error_after" else made.response
        # What was found wrong with the request itself is not saved.
        if response.status not in {400, 404}:
            state.save(scope, key, fingerprint, Made(response) if words.keeps_errors else made)
    await asyncio.sleep(state.faults.delay_s(fault))
    return Dropped() if fault == "lost_after" else response.to_http()

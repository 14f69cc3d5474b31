"""Calls that only ask: answered, unless a fault on purpose keeps the answer back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import Response

from sandbox.gatewaysim.answers import Answer, Dropped
from sandbox.gatewaysim.state import SimState


async def read(state: SimState, act: Callable[[], Answer], *, limited: Answer, failed: Answer) -> Response:
    """The answer of `act`, or the provider's own words for too many requests, or for an error of its own."""
    state.calls += 1
    match state.faults.draw_for_read(state.random):
        case "lost_before":
            return Dropped()
        case "rate_limited":
            return limited.response()
        case "error_before":
            return failed.response()
        case "slow":
            await asyncio.sleep(state.faults.slow_s)
        case "timeout":
            await asyncio.sleep(state.faults.timeout_s)
        case _:
            pass
    return act().response()

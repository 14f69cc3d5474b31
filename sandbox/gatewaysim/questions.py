"""Calls that only ask: answered, unless a fault on purpose keeps the response back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import Response

from sandbox.gatewaysim.responses import Dropped, SimResponse
from sandbox.gatewaysim.state import SimState


async def read(
    state: SimState, act: Callable[[], SimResponse], *, limited: SimResponse, failed: SimResponse
) -> Response:
    """The response of `act`, or the provider's own words for too many requests, or for an error of its own."""
    state.calls += 1
    match state.faults.draw_for_read(state.random):
        case "lost_before":
            return Dropped()
        case "rate_limited":
            return limited.to_http()
        case "error_before":
            return failed.to_http()
        case "slow":
            await asyncio.sleep(state.faults.slow_s)
        case "timeout":
            await asyncio.sleep(state.faults.timeout_s)
        case _:
            pass
    return act().to_http()

"""Webhooks out: signed as the provider signs them; sent twice, late and out of order when told to."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from starlette.applications import Starlette

from sandbox.gatewaysim.paypal import webhooks
from sandbox.gatewaysim.state import SimState

POLL_S = 0.05
TRIES = 12
RETRY_S, SLOWEST_S = 0.5, 8.0
AT_A_TIME = 4


def sending(state: SimState) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """The lifespan of the server: beside answering, it delivers what happened."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_deliver_for_ever(state))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return lifespan


async def _deliver_for_ever(state: SimState) -> None:
    deliveries: set[asyncio.Task[None]] = set()
    turns = asyncio.Semaphore(AT_A_TIME)
    try:
        while True:
            await asyncio.sleep(POLL_S)
            for hook, event in _deliveries(state):
                state.delivering += 1
                task = asyncio.create_task(_deliver(state, hook, event, turns))
                deliveries.add(task)
                task.add_done_callback(deliveries.discard)
    finally:
        for task in deliveries:
            task.cancel()


def _deliveries(state: SimState) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What is to be sent now, and where to, as often and in the order that its registration asks for."""
    batch, state.events = state.events, []
    deliveries = []
    for event in batch:
        hook = state.webhooks.get(event["gateway"])
        if hook is None:
            continue
        copies = 2 if state.random.random() < hook.get("duplicates", 0) else 1
        deliveries += [(hook, event)] * copies
    if any(hook.get("shuffle") for hook, _ in deliveries):
        state.random.shuffle(deliveries)
    return deliveries


async def _deliver(
    state: SimState, hook: dict[str, Any], event: dict[str, Any], turns: asyncio.Semaphore
) -> None:
    """Tries for a while, as providers do for days."""
    try:
        if delay := hook.get("delay_s", 0):
            await asyncio.sleep(state.random.random() * delay)
        for failed in range(TRIES):
            # Signed when its turn comes, since what was signed long ago is refused.
            async with turns:
                if await asyncio.to_thread(_post, hook["url"], *signed(state, hook, event)):
                    return
            # Slower and slower: many deliveries to somebody who is away must not keep calls from being answered.
            await asyncio.sleep(min(RETRY_S * 2**failed, SLOWEST_S))
    finally:
        state.delivering -= 1


def _post(url: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        with urlopen(Request(url, body, headers), timeout=5) as response:  # noqa: S310 - as registered
            return bool(response.status < 300)
    except (URLError, OSError):
        return False


def signed(state: SimState, hook: dict[str, Any], event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of one delivery."""
    if event["gateway"] == "paypal":
        return webhooks.signed(state, hook, event)
    body = json.dumps(
        {
            "id": event["id"], "object": "event", "type": event["type"], "api_version": "2026-10-28.endive",
            "created": int(state.now().timestamp()), "data": {"object": event["object"]},
        }
    ).encode()  # fmt: skip
    at = int(state.now().timestamp())
    mac = hmac.new(hook["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={mac}"}

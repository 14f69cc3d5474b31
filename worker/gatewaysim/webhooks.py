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

from worker.gatewaysim import paypal_api
from worker.gatewaysim.state import SimState

POLL_S = 0.05
TRIES = 20
RETRY_S = 0.5


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
    while True:
        await asyncio.sleep(POLL_S)
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
        for hook, event in deliveries:
            asyncio.get_running_loop().run_in_executor(None, _deliver, state, hook, event)


def _deliver(state: SimState, hook: dict[str, Any], event: dict[str, Any]) -> None:
    """Tries for a while, as providers do for days."""
    import time

    if delay := hook.get("delay_s", 0):
        time.sleep(state.random.random() * delay)
    for _ in range(TRIES):
        body, headers = signed(state, hook, event)
        try:
            with urlopen(Request(hook["url"], body, headers), timeout=5) as answer:  # noqa: S310 - as registered
                if answer.status < 300:
                    return
        except (URLError, OSError):
            pass
        time.sleep(RETRY_S)


def signed(state: SimState, hook: dict[str, Any], event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of one delivery."""
    if event["gateway"] == "paypal":
        return paypal_api.signed(state, hook, event)
    body = json.dumps(
        {
            "id": event["id"], "object": "event", "type": event["type"], "api_version": "2026-10-28.endive",
            "created": int(state.now().timestamp()), "data": {"object": event["object"]},
        }
    ).encode()  # fmt: skip
    at = int(state.now().timestamp())
    mac = hmac.new(hook["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={mac}"}

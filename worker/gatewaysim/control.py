"""The control API under `/sim`: faults, clock, tokens, webhooks, and the ledger of what was really charged."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker.gatewaysim import stripe_api
from worker.gatewaysim.faults import KINDS, MEANING, Faults
from worker.gatewaysim.state import Behaviour, SimState


def routes(state: SimState) -> list[Route]:  # noqa: C901 - eight small handlers over one state
    """Every route of the control API."""

    async def show(_: Request) -> Response:
        return JSONResponse(
            {
                "now": state.now().isoformat(), "calls": state.calls, "charges": len(state.ledger),
                "faults": {"rate": state.faults.rate, "queue": state.faults.queue, "made": state.faults.made},
                "kinds": MEANING, "webhooks": sorted(state.webhooks),
                "undelivered": len(state.events) + state.delivering,
            }
        )  # fmt: skip

    async def ledger(_: Request) -> Response:
        return JSONResponse(_ledger(state))

    async def faults(request: Request) -> Response:
        given = await request.json()
        kinds = tuple(given.get("kinds", KINDS))
        wrong = [kind for kind in [*kinds, *given.get("queue", ())] if kind not in KINDS]
        if wrong:
            return _wrong(f"no such fault: {wrong[0]}; there are {', '.join(KINDS)}")
        made = state.faults.made
        state.faults = Faults(
            given.get("rate", 0.0), kinds, list(given.get("queue", ())),
            given.get("slow_s", 0.05), given.get("timeout_s", 30.0), made,
        )  # fmt: skip
        if "seed" in given:
            state.random.seed(given["seed"])
        return await show(request)

    async def clock(request: Request) -> Response:
        given = await request.json()
        if "set" in given:
            state.fixed_now = datetime.fromisoformat(given["set"]) if given["set"] else None
        if "advance_s" in given:
            state.fixed_now = state.now() + timedelta(seconds=given["advance_s"])
        if "search_lag_s" in given:
            state.search_lag = timedelta(seconds=given["search_lag_s"])
        return await show(request)

    async def tokens(request: Request) -> Response:
        for token, does in (await request.json()).items():
            state.told[token] = [Behaviour(*entry.split(":", 1)) for entry in does]
            if not does:
                del state.told[token]
        return JSONResponse(
            {token: [":".join(entry) for entry in does] for token, does in state.told.items()}
        )

    async def webhook(request: Request) -> Response:
        state.webhooks.update(await request.json())
        return JSONResponse({"webhooks": sorted(state.webhooks)})

    async def authenticate(request: Request) -> Response:
        return stripe_api.authenticate(state, request.path_params["intent_id"]).response()

    async def reset(_: Request) -> Response:
        fresh = SimState(seed=state.seed, base_url=state.base_url)
        # Deliveries that are under way end by themselves.
        fresh.delivering = state.delivering
        state.__dict__.update(fresh.__dict__)
        return JSONResponse({"reset": True})

    return [
        Route("/sim", show),
        Route("/sim/ledger", ledger),
        Route("/sim/faults", faults, methods=["POST"]),
        Route("/sim/clock", clock, methods=["POST"]),
        Route("/sim/tokens", tokens, methods=["POST"]),
        Route("/sim/webhooks", webhook, methods=["POST"]),
        Route("/sim/payment_intents/{intent_id}/authenticate", authenticate, methods=["POST"]),
        Route("/sim/reset", reset, methods=["POST"]),
    ]


def _wrong(why: str) -> Response:
    return JSONResponse({"error": why}, 400)


def _ledger(state: SimState) -> dict[str, Any]:
    totals: dict[str, int] = defaultdict(int)
    times: dict[str, int] = defaultdict(int)
    for charge in state.ledger:
        totals[charge.reference] += charge.amount_minor
        times[charge.reference] += 1
    return {
        "charges": [
            charge._asdict() | {"charged_at": charge.charged_at.isoformat()} for charge in state.ledger
        ],
        "by_reference": totals,
        "charged_twice": sorted(reference for reference, count in times.items() if count > 1),
    }

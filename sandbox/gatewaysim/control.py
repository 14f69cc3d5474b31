"""The control API under `/sim`: faults, clock, tokens, webhooks, what payers do, and what is done at the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.gatewaysim import disputes
from sandbox.gatewaysim.faults import KINDS, MEANING, Faults
from sandbox.gatewaysim.ledger import ledger
from sandbox.gatewaysim.paypal import orders
from sandbox.gatewaysim.paypal import refunds as paypal_refunds
from sandbox.gatewaysim.paypal.objects import money
from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import Behaviour, SimState
from sandbox.gatewaysim.stripe import api
from sandbox.gatewaysim.stripe import refunds as stripe_refunds

Given = dict[str, Any]
# What a token can be told to do.
DOES = ("ok", "declined", "action", "unknown")


def routes(state: SimState) -> list[Route]:
    """Every route of the control API. What makes no sense is answered with 400."""

    def reads(path: str, show: Callable[[SimState], Any]) -> Route:
        async def handle(_: Request) -> Response:
            return SimResponse(200, show(state)).to_http()

        return Route(path, handle)

    def acts(path: str, act: Callable[..., SimResponse]) -> Route:
        async def handle(request: Request) -> Response:
            try:
                return act(state, await _given(request), **request.path_params).to_http()
            except (ValueError, TypeError, AttributeError, LookupError) as error:
                return SimResponse(400, {"error": str(error)}).to_http()

        return Route(f"/sim/{path}", handle, methods=["POST"])

    return [
        reads("/sim", _show),
        reads("/sim/ledger", ledger),
        acts("faults", _faults),
        acts("clock", _clock),
        acts("tokens", _tokens),
        acts("webhooks", _webhooks),
        acts("payment_intents/{its_id}/authenticate", lambda _, __, its_id: api.authenticate(state, its_id)),
        acts("orders/{its_id}/approve", lambda _, __, its_id: orders.approve(state, its_id)),
        acts("orders/forget", lambda _, __: orders.forget(state)),
        acts("refunds/{its_id}/{how}", _end_refund),
        acts("charges/{its_id}/refund", _refund),
        acts("charges/{its_id}/dispute", disputes.dispute),
        acts("disputes/{its_id}/{how}", disputes.move_on),
        acts("reset", _reset),
    ]


async def _given(request: Request) -> Given:
    given = await request.json() if await request.body() else {}
    if not isinstance(given, dict):
        raise TypeError("a JSON object is expected")
    return given


def _show(state: SimState) -> Given:
    return {
        "now": state.now().isoformat(), "calls": state.calls, "charges": len(state.charges),
        "faults": {"rate": state.faults.rate, "queue": state.faults.queue, "made": state.faults.made},
        "kinds": MEANING, "webhooks": sorted(state.webhooks), "undelivered": len(state.events) + state.delivering,
    }  # fmt: skip


def _faults(state: SimState, given: Given) -> SimResponse:
    kinds = tuple(given.get("kinds", KINDS))
    wrong = [kind for kind in [*kinds, *given.get("queue", ())] if kind not in KINDS]
    if not kinds:
        raise ValueError("kinds: at least one")
    if wrong:
        raise ValueError(f"no such fault: {wrong[0]}; there are {', '.join(KINDS)}")
    state.faults = Faults(
        given.get("rate", 0.0), kinds, list(given.get("queue", ())), given.get("slow_s", 0.05),
        given.get("timeout_s", 30.0), bool(given.get("reads", False)), state.faults.made,
    )  # fmt: skip
    if "seed" in given:
        state.random.seed(given["seed"])
    return SimResponse(200, _show(state))


def _clock(state: SimState, given: Given) -> SimResponse:
    if "set" in given:
        at = datetime.fromisoformat(given["set"]) if given["set"] else None
        if at is not None and at.tzinfo is None:
            raise ValueError("set: an instant with a zone, like 2026-11-02T04:00:00+00:00")
        state.fixed_now = at
    if "advance_s" in given:
        state.fixed_now = state.now() + timedelta(seconds=given["advance_s"])
    if "search_lag_s" in given:
        state.search_lag = timedelta(seconds=given["search_lag_s"])
    return SimResponse(200, _show(state))


def _tokens(state: SimState, given: Given) -> SimResponse:
    wrong = [entry for does in given.values() for entry in does if entry.partition(":")[0] not in DOES]
    if wrong:
        raise ValueError(f"a token cannot {wrong[0]!r}; it can {', '.join(DOES)}, a decline as declined:CODE")
    for token, does in given.items():
        state.behaviours[token] = [Behaviour(*entry.split(":", 1)) for entry in does]
        if not does:
            del state.behaviours[token]
    known = {
        token: [":".join(filter(None, each)) for each in does] for token, does in state.behaviours.items()
    }
    return SimResponse(200, known)


def _webhooks(state: SimState, given: Given) -> SimResponse:
    if any(not {"url", "secret"} <= set(hook) for hook in given.values()):
        raise ValueError("a webhook needs url and secret")
    state.webhooks.update(given)
    return SimResponse(200, {"webhooks": sorted(state.webhooks)})


def _reset(state: SimState, _: Given) -> SimResponse:
    rate = state.fault_rate
    fresh = SimState(seed=state.seed, fault_rate=rate, faults=Faults(rate=rate), base_url=state.base_url)
    # Deliveries that are under way end by themselves.
    fresh.delivering = state.delivering
    state.__dict__.update(fresh.__dict__)
    return SimResponse(200, {"reset": True})


def _end_refund(state: SimState, _: Given, its_id: str, how: str) -> SimResponse:
    """What becomes of a refund later: `succeed` or `fail`."""
    made = state.back.get(its_id)
    if made is None or made.kind != "refund" or how not in {"succeed", "fail"}:
        return SimResponse(404, {"error": "no such refund, or neither succeed nor fail"})
    if made.status == "failed":
        return SimResponse(409, {"error": "it has failed"})
    made.status, made.changed_at = "succeeded" if how == "succeed" else "failed", state.now()
    ended = stripe_refunds.ended if made.charge.gateway == "stripe" else paypal_refunds.ended
    return SimResponse(200, ended(state, made))


def _refund(state: SimState, given: Given, its_id: str) -> SimResponse:
    """Somebody gives back a charge at the provider's dashboard: all that is left, or an `amount` in minor units."""
    charge = state.charges.get(its_id)
    if charge is None:
        return SimResponse(404, {"error": "no such charge"})
    amount = int(given.get("amount", state.left(its_id)))
    if charge.gateway == "stripe":
        return stripe_refunds.create(state, {"payment_intent": its_id, "amount": amount})
    return paypal_refunds.create(state, its_id, {"amount": money(amount, charge.currency)}).response

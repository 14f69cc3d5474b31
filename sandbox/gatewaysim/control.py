"""The control API under `/sim`: faults, clock, tokens, webhooks, and the ledger of what was really charged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.gatewaysim import disputes
from sandbox.gatewaysim.faults import KINDS, MEANING, Faults
from sandbox.gatewaysim.paypal import orders
from sandbox.gatewaysim.paypal import refunds as paypal_refunds
from sandbox.gatewaysim.paypal.objects import money
from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import Back, Behaviour, SimState
from sandbox.gatewaysim.stripe import api
from sandbox.gatewaysim.stripe import refunds as stripe_refunds

Handler = Callable[[Request], Awaitable[Response]]
# What a token can be told to do.
DOES = ("ok", "declined", "action", "unknown")


def routes(state: SimState) -> list[Route]:  # noqa: C901 - ten small handlers over one state
    """Every route of the control API."""

    async def show(_: Request) -> Response:
        return JSONResponse(
            {
                "now": state.now().isoformat(), "calls": state.calls, "charges": len(state.charges),
                "faults": {"rate": state.faults.rate, "queue": state.faults.queue, "made": state.faults.made},
                "kinds": MEANING, "webhooks": sorted(state.webhooks),
                "undelivered": len(state.events) + state.delivering,
            }
        )  # fmt: skip

    async def ledger(_: Request) -> Response:
        return JSONResponse(_ledger(state))

    async def faults(request: Request) -> Response:
        given = await _json(request)
        kinds = tuple(given.get("kinds", KINDS))
        wrong = [kind for kind in [*kinds, *given.get("queue", ())] if kind not in KINDS]
        if not kinds:
            return _wrong("kinds: at least one")
        if wrong:
            return _wrong(f"no such fault: {wrong[0]}; there are {', '.join(KINDS)}")
        made = state.faults.made
        state.faults = Faults(
            given.get("rate", 0.0), kinds, list(given.get("queue", ())),
            given.get("slow_s", 0.05), given.get("timeout_s", 30.0), bool(given.get("reads", False)), made,
        )  # fmt: skip
        if "seed" in given:
            state.random.seed(given["seed"])
        return await show(request)

    async def clock(request: Request) -> Response:
        given = await _json(request)
        if "set" in given:
            at = datetime.fromisoformat(given["set"]) if given["set"] else None
            if at is not None and at.tzinfo is None:
                return _wrong("set: an instant with a zone, like 2026-11-02T04:00:00+00:00")
            state.fixed_now = at
        if "advance_s" in given:
            state.fixed_now = state.now() + timedelta(seconds=given["advance_s"])
        if "search_lag_s" in given:
            state.search_lag = timedelta(seconds=given["search_lag_s"])
        return await show(request)

    async def tokens(request: Request) -> Response:
        given = await _json(request)
        wrong = [entry for does in given.values() for entry in does if entry.partition(":")[0] not in DOES]
        if wrong:
            return _wrong(
                f"a token cannot {wrong[0]!r}; it can {', '.join(DOES)}, a decline as declined:CODE"
            )
        for token, does in given.items():
            state.behaviours[token] = [Behaviour(*entry.split(":", 1)) for entry in does]
            if not does:
                del state.behaviours[token]
        return JSONResponse(
            {
                token: [":".join(filter(None, entry)) for entry in does]
                for token, does in state.behaviours.items()
            }
        )

    async def webhook(request: Request) -> Response:
        given = await _json(request)
        if any(not {"url", "secret"} <= set(hook) for hook in given.values()):
            return _wrong("a webhook needs url and secret")
        state.webhooks.update(given)
        return JSONResponse({"webhooks": sorted(state.webhooks)})

    async def authenticate(request: Request) -> Response:
        return api.authenticate(state, request.path_params["intent_id"]).to_http()

    async def approve(request: Request) -> Response:
        return orders.approve(state, request.path_params["order_id"]).to_http()

    async def end_refund(request: Request) -> Response:
        return _end_refund(state, **request.path_params).to_http()

    async def refund(request: Request) -> Response:
        return _refund(state, request.path_params["charge_id"], await _json(request)).to_http()

    async def dispute(request: Request) -> Response:
        return disputes.dispute(state, request.path_params["charge_id"], await _json(request)).to_http()

    async def move_on(request: Request) -> Response:
        return disputes.move_on(state, **request.path_params).to_http()

    async def reset(_: Request) -> Response:
        rate = state.fault_rate
        fresh = SimState(seed=state.seed, fault_rate=rate, faults=Faults(rate=rate), base_url=state.base_url)
        # Deliveries that are under way end by themselves.
        fresh.delivering = state.delivering
        state.__dict__.update(fresh.__dict__)
        return JSONResponse({"reset": True})

    return [
        Route("/sim", show),
        Route("/sim/ledger", ledger),
        Route("/sim/faults", _checked(faults), methods=["POST"]),
        Route("/sim/clock", _checked(clock), methods=["POST"]),
        Route("/sim/tokens", _checked(tokens), methods=["POST"]),
        Route("/sim/webhooks", _checked(webhook), methods=["POST"]),
        Route("/sim/payment_intents/{intent_id}/authenticate", authenticate, methods=["POST"]),
        Route("/sim/orders/{order_id}/approve", approve, methods=["POST"]),
        Route("/sim/refunds/{refund_id}/{how}", end_refund, methods=["POST"]),
        Route("/sim/charges/{charge_id}/refund", _checked(refund), methods=["POST"]),
        Route("/sim/charges/{charge_id}/dispute", _checked(dispute), methods=["POST"]),
        Route("/sim/disputes/{dispute_id}/{how}", move_on, methods=["POST"]),
        Route("/sim/reset", reset, methods=["POST"]),
    ]


def _checked(handler: Handler) -> Handler:
    """What makes no sense is answered with 400 and changes nothing that the handler had not begun."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            return _wrong(str(error))

    return handle


async def _json(request: Request) -> dict[str, Any]:
    given = await request.json()
    if not isinstance(given, dict):
        raise TypeError("a JSON object is expected")
    return given


def _wrong(why: str) -> Response:
    return JSONResponse({"error": why}, 400)


def _end_refund(state: SimState, refund_id: str, how: str) -> SimResponse:
    """What becomes of a refund later: `succeed` or `fail`."""
    made = state.back.get(refund_id)
    if made is None or made.kind != "refund" or how not in {"succeed", "fail"}:
        return SimResponse(404, {"error": "no such refund, or neither succeed nor fail"})
    if made.status == "failed":
        return SimResponse(409, {"error": "it has failed"})
    made.status, made.changed_at = "succeeded" if how == "succeed" else "failed", state.now()
    ended = stripe_refunds.ended if made.charge.gateway == "stripe" else paypal_refunds.ended
    return SimResponse(200, ended(state, made))


def _refund(state: SimState, charge_id: str, given: dict[str, Any]) -> SimResponse:
    """Somebody gives back a charge at the provider's dashboard: all that is left, or an `amount` in minor units."""
    charge = state.charges.get(charge_id)
    if charge is None:
        return SimResponse(404, {"error": "no such charge"})
    amount = int(given.get("amount", state.left(charge_id)))
    if charge.gateway == "stripe":
        return stripe_refunds.create(state, {"payment_intent": charge_id, "amount": amount})
    return paypal_refunds.create(state, charge_id, {"amount": money(amount, charge.currency)}).response


def _ledger(state: SimState) -> dict[str, Any]:
    charges = _sums((charge.reference, charge.amount_minor) for charge in state.charges.values())
    refunds = [back for back in state.back.values() if back.kind == "refund"]
    given = _sums((back.reference, back.amount_minor) for back in refunds if back.status != "failed")
    # What was given back at the dashboard carries nobody's reference.
    given.pop("", None)
    return {
        "charges": [
            charge._asdict() | {"charged_at": charge.charged_at.isoformat()}
            for charge in state.charges.values()
        ],
        "by_reference": _totals(charges),
        "charged_twice": _twice(charges),
        "refunds": [_line(back) | {"refunded_at": back.at.isoformat()} for back in refunds],
        "refunded_by_reference": _totals(given),
        "refunded_twice": _twice(given),
        "disputes": [
            _line(back) | {"disputed_at": back.at.isoformat(), "gone_minor": back.gone_minor}
            for back in state.back.values()
            if back.kind == "dispute"
        ],
        "gone_by_reference": {
            state.charges[charge_id].reference: gone
            for charge_id in state.back_of
            if charge_id in state.charges
            and (gone := state.charges[charge_id].amount_minor - state.left(charge_id))
        },
    }


def _line(back: Back) -> dict[str, Any]:
    return {
        "gateway": back.charge.gateway, "id": back.id, "reference": back.reference, "charge_id": back.charge.id,
        "amount_minor": back.amount_minor, "currency": back.charge.currency, "status": back.status,
    }  # fmt: skip


def _sums(lines: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for reference, amount in lines:
        found[reference].append(amount)
    return found


def _totals(amounts: dict[str, list[int]]) -> dict[str, int]:
    return {reference: sum(each) for reference, each in amounts.items()}


def _twice(amounts: dict[str, list[int]]) -> list[str]:
    return sorted(reference for reference, each in amounts.items() if len(each) > 1)

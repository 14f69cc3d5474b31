"""Disputes of both providers: how one goes on, when it takes the money, and what is announced of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sandbox.gatewaysim.paypal import objects as paypal
from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import Back, SimState
from sandbox.gatewaysim.stripe import objects as stripe

# By what is done to a dispute, what it is then.
BECOMES = {
    "escalate": "needs_response", "review": "under_review", "win": "won", "cancel": "cancelled", "lose": "lost"
}  # fmt: skip
ENDED = frozenset(("won", "cancelled", "lost"))


class _Provider(NamedTuple):
    """`takes_first`: the money goes when a bank disputes, and comes back if the bank is wrong; else it goes at the end.
    An empty event is not sent.
    """

    prefix: str
    rendered: Callable[[Back], dict[str, Any]]
    takes_first: bool
    opened: str
    changed: str
    ended: str
    withdrawn: str
    returned: str


_PROVIDERS: Mapping[str, _Provider] = {
    "stripe": _Provider(
        "dp", stripe.dispute, True, "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
        "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
    ),
    "paypal": _Provider(
        "PP-D", paypal.dispute, False, "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED",
        "CUSTOMER.DISPUTE.RESOLVED", "", "",
    ),
}  # fmt: skip


def dispute(state: SimState, given: Mapping[str, Any], its_id: str) -> SimResponse:
    """The payer disputes a charge, all that is left of it or an `amount` in minor units; an `inquiry` takes nothing."""
    if its_id not in state.charges:
        return SimResponse(404, {"error": "no such charge"})
    provider, left = _PROVIDERS[state.charges[its_id].gateway], state.left(its_id)
    amount = int(given.get("amount", left))
    if not 0 < amount <= left:
        return SimResponse(409, {"error": f"{left} of the charge are left"})
    made = state.gives_back(
        "dispute", provider.prefix, its_id, amount, "needs_response",
        reason=str(given.get("reason", "")), is_inquiry=bool(given.get("inquiry")),
    )  # fmt: skip
    _announce(state, made, provider.opened)
    if provider.takes_first and not made.is_inquiry:
        _move(state, made, amount)
    return SimResponse(200, provider.rendered(made))


def move_on(state: SimState, _: Mapping[str, Any], its_id: str, how: str) -> SimResponse:
    """What becomes of a dispute. One that was lost can be won later, and the other way round."""
    made = state.back.get(its_id)
    if made is None or made.kind != "dispute" or how not in BECOMES:
        return SimResponse(404, {"error": f"no such dispute, or none of {', '.join(BECOMES)}"})
    if made.status == BECOMES[how] and not (how == "escalate" and made.is_inquiry):
        return SimResponse(409, {"error": f"it is {made.status}"})
    provider = _PROVIDERS[made.charge.gateway]
    made.status, made.changed_at = BECOMES[how], state.now()
    if how == "escalate":
        made.is_inquiry = False
    takes = made.status == "lost" or (provider.takes_first and how == "escalate")
    if takes and not made.gone_minor:
        _move(state, made, made.amount_minor)
    if made.status in {"won", "cancelled"} and made.gone_minor:
        _move(state, made, -made.gone_minor)
    _announce(state, made, provider.ended if made.status in ENDED else provider.changed)
    return SimResponse(200, provider.rendered(made))


def _move(state: SimState, made: Back, amount: int) -> None:
    made.moves.append((amount, state.now()))
    provider = _PROVIDERS[made.charge.gateway]
    _announce(state, made, provider.withdrawn if amount > 0 else provider.returned)
    if made.charge.gateway == "paypal":
        paypal.restate(state, made.charge.id)
        if amount > 0:
            back = state.gives_back("reversal", "REVERSAL", made.charge.id, amount, "succeeded")
            state.happened("paypal", "PAYMENT.CAPTURE.REVERSED", paypal.refund(back))


def _announce(state: SimState, made: Back, event: str) -> None:
    if event:
        state.happened(made.charge.gateway, event, _PROVIDERS[made.charge.gateway].rendered(made))

"""Giving charged money back to the method it came from: what a gateway is asked, and what it can answer. Rule: R7.3."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from settlement.model.gateway.charges import NotFound, TryLater, Unknown


class RefundRequest(NamedTuple):
    """What a gateway is asked to give back of a charge that succeeded.

    `reference` is our own name for the refund, a UUID as text: the idempotency key, and written into the gateway's
    object so that it can be found by it. `charge_ref` is the gateway's own id of the charge, as `Succeeded` brought it.
    `amount_minor` is in ISO 4217 minor units, at most what of the charge was not given back yet. `sent_at` is when it
    was sent first (UTC), which bounds the search for it.
    """

    reference: str
    charge_ref: str
    account: str
    amount_minor: int
    currency: str
    sent_at: datetime


class Refunded(NamedTuple):
    """The money was given back. A bank may still send it back weeks later; then a question says `RefundFailed`."""

    gateway_ref: str
    amount_minor: int


class RefundPending(NamedTuple):
    """Accepted and not final yet (Stripe `pending`, PayPal `PENDING`). Ask again later."""

    gateway_ref: str


class RefundFailed(NamedTuple):
    """Surely not given back, and asking for it again makes no difference: it goes to the cash balance."""

    code: str
    message: str


# The code under which a refund that was refused so is kept.
GIVEN_BACK_ALREADY = "given_back_already"


class GivenBackAlready(NamedTuple):
    """Refused, because the gateway has given the money back by itself, or holds it for a dispute. This call gave none
    back; whether the customer has it already is for an operator to find out. `code` is the gateway's.
    """

    code: str
    message: str


# `Unknown`: it may or may not have been given back. `TryLater`: this call surely gave nothing back.
RefundOutcome = Refunded | RefundPending | RefundFailed | GivenBackAlready | Unknown | NotFound | TryLater

"""Bodies that are received from `charges`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Amount, Received


class Charge(Received):
    """Charge."""

    charge: str
    account: str
    # One of threshold, sweep, issuance, retry, manual.
    reason: str
    cycle: str
    amount: Amount
    method: str
    gateway: str
    # One of waiting, sent, unknown, requires_action, succeeded, declined, not_charged.
    state: str
    created_at: dt.datetime
    sent_at: dt.datetime | None = None
    next_at: dt.datetime | None = None
    asks: int
    gateway_ref: str | None = None
    charged: Amount | None = None
    message: str | None = None
    finished_at: dt.datetime | None = None
    code: str | None = None
    action_url: str | None = None


class ChargeDetailsBills(Received):
    """Charge details bills."""

    cycle: str | None = None
    amount: Amount | None = None
    kept: Amount | None = None


class ChargeDetails(Charge):
    """Charge details."""

    bills: tuple[ChargeDetailsBills, ...]


class Reversal(Received):
    """Reversal."""

    id: str
    # One of refund, dispute.
    kind: str
    account: str
    amount: Amount
    taken_back: Amount
    owed: Amount
    # One of pending, succeeded, failed, needs_response, under_review, won, lost, closed.
    state: str
    # One of untouched, withdrawn, returned.
    funds: str
    gateway: str
    charge: str
    method: str
    reason: str | None = None
    opened_at: dt.datetime
    moved_at: dt.datetime | None = None
    found_at: dt.datetime
    read_at: dt.datetime
    closed_at: dt.datetime | None = None


class DisputeDetailsBills(Received):
    """Dispute details bills."""

    cycle: str | None = None
    at: dt.datetime | None = None
    amount: Amount | None = None


class DisputeDetails(Reversal):
    """Dispute details."""

    bills: tuple[DisputeDetailsBills, ...]


class Difference(Received):
    """Difference."""

    gateway: str
    charge: str
    gateway_ref: str | None = None
    account: str | None = None
    ours: Amount | None = None
    theirs: Amount | None = None
    # One of missing_there, missing_here, amount_differs, charged_twice, refund_missing_there, refund_missing_here,
    # refund_differs, reversal_missing_there, reversal_missing_here.
    kind: str
    found_at: dt.datetime
    closed_at: dt.datetime | None = None
    dismissed_by: str | None = None
    dismissed_because: str | None = None


class Day(Received):
    """Day."""

    gateway: str
    day: dt.date
    ours: int
    theirs: int
    reversals: int
    differences: int
    finished_at: dt.datetime


class LeftOut(Received):
    """Left out."""

    gateway: str
    day: dt.date
    reason: str

"""Differences with the gateways' books as they are presented, and the days that were compared or left out."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money

if TYPE_CHECKING:
    from settlement.operations.gateway.reconciliation import Reconciled
    from settlement.queries.gateway.reconciliation import DayView, DifferenceView, LeftOut

KINDS = {
    "missing_there": "we have it as taken, the gateway does not know it",
    "missing_here": "the gateway took it, we do not have it as taken",
    "amount_differs": "taken, with another amount",
    "charged_twice": "the gateway took it more than once",
    "refund_missing_there": "we have it as given back, the gateway does not know it",
    "refund_missing_here": "the gateway gave it back, we do not have it as given back",
    "refund_differs": "given back, with another amount",
    "reversal_missing_there": "we have it as taken back by the gateway, which does not show it",
    "reversal_missing_here": "the gateway took it back, and it is not booked",
}

DIFFERENCES: Fields[DifferenceView] = (
    Field("gateway", "gateway", lambda row: row.gateway),
    Field("charge", "charge", lambda row: row.reference),
    Field("gateway_ref", "", lambda row: row.gateway_ref or None),
    Field("account", "account", lambda row: row.account),
    figure("ours", "ours", lambda row: money(row.ours_minor, row.currency)),
    figure("theirs", "theirs", lambda row: money(row.theirs_minor, row.currency)),
    Field("kind", "what", lambda row: row.kind, seen=lambda row: KINDS[row.kind]),
    Field("found_at", "found", lambda row: row.found_at),
    Field("closed_at", "settled", lambda row: row.closed_at),
    Field("dismissed_by", "dismissed by", lambda row: row.dismissed_by),
    Field("dismissed_because", "", lambda row: row.dismissed_because),
)
DAYS: Fields[DayView] = (
    Field("gateway", "gateway", lambda row: row.gateway),
    Field("day", "day", lambda row: row.day),
    figure("ours", "ours", lambda row: row.ours),
    figure("theirs", "theirs", lambda row: row.theirs),
    figure("reversals", "taken back", lambda row: row.reversals),
    figure("differences", "differences", lambda row: row.differences),
    Field("finished_at", "", lambda row: row.finished_at),
)
RECONCILED: Fields[Reconciled] = (
    Field("gateway", "gateway", lambda row: row.gateway),
    Field("day", "day", lambda row: row.day),
    figure("ours", "ours", lambda row: row.ours),
    figure("theirs", "theirs", lambda row: row.theirs),
    figure("foreign", "not ours", lambda row: row.foreign),
    figure("booked_late", "booked late", lambda row: row.booked),
    figure("reversals", "taken back", lambda row: row.reversals),
    figure("reversals_booked_late", "of it booked late", lambda row: row.reversals_booked),
    figure("differences", "differences", lambda row: row.differences),
)


def left_out_fields(zone: tzinfo) -> Fields[LeftOut]:
    """A day that nobody compares by itself any more; it is one of the billing zone."""
    return (
        Field("gateway", "gateway", lambda row: row.gateway),
        Field("day", "day", lambda row: row.since.astimezone(zone).date()),
        Field("reason", "why", lambda row: row.reason),
    )

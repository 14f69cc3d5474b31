"""Refunds to payment methods as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import Json, money, times_text, words

if TYPE_CHECKING:
    from settlement.queries.refunds import GatewayRefundView


def _event(row: GatewayRefundView) -> Json:
    return None if row.source is None else {"source": row.source, "event_id": row.event_id}


REFUNDS: Fields[GatewayRefundView] = (
    Field("refund", "refund", lambda row: row.reference),
    Field("account", "account", lambda row: row.account),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    Field("charge", "of charge", lambda row: row.charge),
    Field("method", "", lambda row: row.method),
    Field("gateway", "gateway", lambda row: row.gateway),
    Field("state", "state", lambda row: row.state, seen=lambda row: words(row.state)),
    Field("created_at", "began", lambda row: row.created_at),
    Field("sent_at", "", lambda row: row.sent_at),
    Field("next_at", "", lambda row: row.next_at),
    figure("asks", "asked", lambda row: row.asks, seen=lambda row: times_text(row.asks)),
    Field("gateway_ref", "", lambda row: row.gateway_ref),
    Field("code", "response", lambda row: row.code, seen=lambda row: row.code or row.message),
    Field("message", "", lambda row: row.message),
    Field("finished_at", "", lambda row: row.finished_at),
    Field("event", "", _event, parts=[
        Field("event", "", lambda row: None if row.source is None else f"{row.source}/{row.event_id}"),
    ]),
)  # fmt: skip

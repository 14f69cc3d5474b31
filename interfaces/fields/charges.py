"""Charges of payment methods as they are presented, and the bills that they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money, times_text
from settlement.model.cycle import cycle_text

if TYPE_CHECKING:
    from settlement.queries.charges import ChargeLineView, ChargeView

_BEGINNING: Fields[ChargeView] = (
    Field("charge", "charge", lambda row: row.reference),
    Field("account", "account", lambda row: row.account),
    Field("reason", "why", lambda row: row.reason),
    Field("cycle", "", lambda row: cycle_text(row.cycle)),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    Field("method", "", lambda row: row.method),
    Field("gateway", "gateway", lambda row: row.gateway),
    Field("state", "state", lambda row: row.state),
    Field("created_at", "began", lambda row: row.created_at),
    Field("sent_at", "", lambda row: row.sent_at),
    Field("next_at", "", lambda row: row.next_at),
    figure("asks", "asked", lambda row: row.asks, seen=lambda row: times_text(row.asks)),
    Field("gateway_ref", "", lambda row: row.gateway_ref),
    Field("charged", "", lambda row: money(row.charged_minor, row.currency)),
    Field("message", "", lambda row: row.message),
    Field("finished_at", "", lambda row: row.finished_at),
)  # fmt: skip
CHARGES: Fields[ChargeView] = (
    *_BEGINNING,
    Field("code", "response", lambda row: row.code, seen=lambda row: row.code or row.message),
    Field("action_url", "", lambda row: row.action_url),
)
# Those that wait for their payer: where that is done takes the place of what the gateway reported.
CHARGES_FOR_PAYERS: Fields[ChargeView] = (
    *_BEGINNING,
    Field("code", "", lambda row: row.code),
    Field("action_url", "confirmed at", lambda row: row.action_url,
          seen=lambda row: row.action_url or f"{row.gateway}, {row.gateway_ref or 'by its reference'}"),
)  # fmt: skip
CHARGE_LINES: Fields[ChargeLineView] = (
    Field("cycle", "month", lambda row: cycle_text(row.cycle)),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    figure("kept", "kept until it is issued", lambda row: money(row.remaining_minor, row.currency)),
)

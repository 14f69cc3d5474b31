"""Payment methods as they are presented, and the amounts held to check them. Tokens stay where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money, times_text, words

if TYPE_CHECKING:
    from settlement.queries.methods import MethodView, PreAuthorizationView

METHODS: Fields[MethodView] = (
    Field("method", "method", lambda row: row.name),
    Field("kind", "kind", lambda row: row.kind, seen=lambda row: words(row.kind)),
    Field("gateway", "gateway", lambda row: row.gateway or None),
    Field(
        "default", "default", lambda row: row.is_default, seen=lambda row: "yes" if row.is_default else None
    ),
    Field("state", "state", lambda row: row.state, seen=lambda row: "paused" if row.disputes else row.state),
    Field("shared", "on other accounts", lambda row: row.shared),
    Field("open_disputes", "", lambda row: row.disputes),
    figure("threshold", "threshold", lambda row: money(row.threshold_minor, row.currency)),
    Field("added_at", "added", lambda row: row.added_at),
)
PRE_AUTHORIZATIONS: Fields[PreAuthorizationView] = (
    Field("account", "account", lambda row: row.account),
    Field("method", "method", lambda row: row.method),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    Field("gateway", "gateway", lambda row: row.gateway),
    Field("reference", "reference", lambda row: row.reference),
    Field("state", "state", lambda row: row.state),
    Field("sent_at", "sent", lambda row: row.sent_at),
    Field("next_at", "", lambda row: row.next_at),
    figure("asks", "asked", lambda row: row.asks, seen=lambda row: times_text(row.asks)),
    Field("gateway_ref", "", lambda row: row.gateway_ref),
    Field("message", "response", lambda row: row.message),
)  # fmt: skip

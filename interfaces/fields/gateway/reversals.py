"""Refunds and disputes that gateways made by themselves, as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money, words
from settlement.model.cycle import cycle_text

if TYPE_CHECKING:
    from settlement.queries.gateway.reversals import MovedBill, ReversalView

REVERSALS: Fields[ReversalView] = (
    Field("id", "id", lambda row: row.gateway_ref, column="id"),
    Field("kind", "kind", lambda row: row.kind, column="kind"),
    Field("account", "account", lambda row: row.account, column="account"),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency), column="amount"),
    figure("taken_back", "taken back", lambda row: money(row.taken_minor, row.currency), column="taken_back"),
    figure("owed", "owed of it", lambda row: money(row.owed_minor, row.currency), column="owed"),
    Field("", "", lambda row: row.currency, column="currency"),
    Field("state", "state", lambda row: row.state, seen=lambda row: words(row.state), column="state"),
    Field("funds", "", lambda row: row.funds, column="funds"),
    Field("gateway", "gateway", lambda row: row.gateway, column="gateway"),
    Field("charge", "of charge", lambda row: row.charge, column="charge"),
    Field("method", "", lambda row: row.method, column="method"),
    Field("reason", "reason", lambda row: row.reason or None, column="reason"),
    Field("opened_at", "opened", lambda row: row.opened_at, column="opened_at"),
    Field("moved_at", "", lambda row: row.moved_at),
    Field("found_at", "", lambda row: row.found_at, column="found_at"),
    Field("read_at", "", lambda row: row.read_at),
    Field("closed_at", "", lambda row: row.closed_at, column="closed_at"),
)
MOVED_BILLS: Fields[MovedBill] = (
    Field("cycle", "bill of", lambda row: cycle_text(row.cycle)),
    Field("at", "at", lambda row: row.at),
    figure("amount", "paid", lambda row: money(row.amount_minor, row.currency)),
)

"""Manual payments of bills as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import bill_name, money
from settlement.model.cycle import cycle_text

if TYPE_CHECKING:
    from settlement.queries.payments import PaymentView

PAYMENTS: Fields[PaymentView] = (
    Field("number", "", lambda row: row.number),
    Field("bill", "bill", lambda row: bill_name(row.account, row.cycle)),
    Field("payment", "payment", lambda row: row.name),
    Field("account", "", lambda row: row.account),
    Field("cycle", "", lambda row: cycle_text(row.cycle)),
    figure("amount", "amount", lambda row: money(row.total_minor, row.currency)),
    figure("from_balance", "from balance", lambda row: money(row.balance_minor, row.currency)),
    Field("channel", "channel", lambda row: row.channel),
    Field("by_channel", "", lambda row: money(row.total_minor - row.balance_minor, row.currency)),
    Field("state", "state", lambda row: row.state),
    Field("reason", "", lambda row: row.reason),
    Field("started_at", "began", lambda row: row.started_at),
    Field("lease_until", "", lambda row: row.lease_until),
    Field("finished_at", "ended", lambda row: row.finished_at),
    Field("charge", "", lambda row: row.charge),
    Field("charge_state", "", lambda row: row.charge_state),
    Field("action_url", "", lambda row: row.action_url),
)

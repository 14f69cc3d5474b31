"""Refunds and disputes that gateways made by themselves."""

from __future__ import annotations

from settlement.model.gateway.reversals import Funds, ReversalKind, ReversalState
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, references, required, table
from settlement.storage.tables.kinds import enum

REVERSAL_KIND = enum("reversal_kind", ReversalKind)
REVERSAL_STATE = enum("reversal_state", ReversalState)
REVERSAL_FUNDS = enum("reversal_funds", Funds)

GATEWAY_REVERSAL = table(
    "gateway_reversal",
    key("account_id", kinds.BIGINT, "account.id"),
    key("reversal_no", kinds.INTEGER),
    required("gateway", kinds.TEXT),
    required("gateway_ref", kinds.TEXT),
    required("kind", REVERSAL_KIND),
    required("attempt_no", kinds.INTEGER),
    required("amount_minor", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE),
    required("state", REVERSAL_STATE),
    required("funds", REVERSAL_FUNDS),
    required("reason", kinds.TEXT),
    required("opened_at", kinds.TIMESTAMPTZ),
    optional("moved_at", kinds.TIMESTAMPTZ),
    required("found_at", kinds.TIMESTAMPTZ),
    required("read_at", kinds.TIMESTAMPTZ),
    optional("closed_at", kinds.TIMESTAMPTZ),
    required("taken_minor", kinds.BIGINT),
    required("owed_minor", kinds.BIGINT),
    required("steps", kinds.SMALLINT),
    references("charge_attempt", "account_id", "attempt_no"),
)

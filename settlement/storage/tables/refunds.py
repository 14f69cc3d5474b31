"""Refunds to the payment method."""

from __future__ import annotations

from settlement.model.gateway.refunds import RefundState
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, references, required, table
from settlement.storage.tables.kinds import enum

REFUND_STATE = enum("refund_state", RefundState)

GATEWAY_REFUND = table(
    "gateway_refund",
    key("account_id", kinds.BIGINT, "account.id"),
    key("refund_no", kinds.INTEGER),
    required("reference", kinds.UUID),
    required("inbox_id", kinds.BIGINT),
    required("attempt_no", kinds.INTEGER),
    required("gateway", kinds.TEXT),
    required("charge_ref", kinds.TEXT),
    required("amount_minor", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE),
    required("state", REFUND_STATE),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("sent_at", kinds.TIMESTAMPTZ),
    optional("next_at", kinds.TIMESTAMPTZ),
    required("asks", kinds.SMALLINT),
    optional("gateway_ref", kinds.TEXT),
    optional("code", kinds.TEXT),
    optional("message", kinds.TEXT),
    optional("finished_at", kinds.TIMESTAMPTZ),
    references("charge_attempt", "account_id", "attempt_no"),
)

"""Charge attempts with what they cover, and what collection knows of an account."""

from __future__ import annotations

from settlement.model.gateway.charges import AttemptState, ChargeReason
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, references, required, table
from settlement.storage.tables.kinds import enum

CHARGE_REASON = enum("charge_reason", ChargeReason)
ATTEMPT_STATE = enum("attempt_state", AttemptState)

CHARGE_ATTEMPT = table(
    "charge_attempt",
    key("account_id", kinds.BIGINT, "account.id"),
    key("attempt_no", kinds.INTEGER),
    required("reference", kinds.UUID),
    required("reason", CHARGE_REASON),
    required("cycle", kinds.CYCLE),
    required("method_id", kinds.BIGINT, "payment_method.id"),
    required("gateway", kinds.TEXT),
    required("customer_token", kinds.TEXT),
    required("method_token", kinds.TEXT),
    required("amount_minor", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE),
    required("state", ATTEMPT_STATE),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("sent_at", kinds.TIMESTAMPTZ),
    optional("next_at", kinds.TIMESTAMPTZ),
    required("asks", kinds.SMALLINT),
    optional("gateway_ref", kinds.TEXT),
    optional("charged_minor", kinds.BIGINT),
    optional("code", kinds.TEXT),
    optional("message", kinds.TEXT),
    optional("action_url", kinds.TEXT),
    optional("finished_at", kinds.TIMESTAMPTZ),
    required("refunded_minor", kinds.BIGINT),
    required("reversed_minor", kinds.BIGINT),
)

CHARGE_LINE = table(
    "charge_line",
    key("account_id", kinds.BIGINT),
    key("attempt_no", kinds.INTEGER),
    key("cycle", kinds.CYCLE),
    required("amount_minor", kinds.BIGINT),
    required("remaining_minor", kinds.BIGINT),
    references("charge_attempt", "account_id", "attempt_no"),
)

COLLECTING = table(
    "collecting",
    key("account_id", kinds.BIGINT, "account.id"),
    required("last_attempt_no", kinds.INTEGER),
    required("uncollected_minor", kinds.BIGINT),
    optional("threshold_minor", kinds.BIGINT),
    optional("declining_since", kinds.TIMESTAMPTZ),
    optional("declined_cycle", kinds.CYCLE),
    required("hard", kinds.BOOLEAN),
    optional("noticed_until", kinds.TIMESTAMPTZ),
    optional("due_at", kinds.TIMESTAMPTZ),
    optional("attempts_on", kinds.DATE),
    required("attempts_that_day", kinds.SMALLINT),
    required("retry_owed", kinds.BOOLEAN),
    optional("suspended_at", kinds.TIMESTAMPTZ),
    optional("stage_at", kinds.TIMESTAMPTZ),
)

"""Manual payments."""

from __future__ import annotations

from settlement.model.payments import PaymentState
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, references, required, table
from settlement.storage.tables.kinds import enum

PAYMENT_STATE = enum("payment_state", PaymentState)

BILL_PAYMENT = table(
    "bill_payment",
    key("id", kinds.BIGINT),
    required("account_id", kinds.BIGINT, "account.id"),
    required("external_id", kinds.TEXT),
    required("cycle", kinds.CYCLE),
    required("total_minor", kinds.BIGINT),
    required("balance_minor", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE),
    required("channel", kinds.TEXT),
    optional("attempt_no", kinds.INTEGER),
    required("state", PAYMENT_STATE),
    required("started_at", kinds.TIMESTAMPTZ),
    required("lease_until", kinds.TIMESTAMPTZ),
    optional("finished_at", kinds.TIMESTAMPTZ),
    optional("reason", kinds.TEXT),
    references("charge_attempt", "account_id", "attempt_no"),
    references("bill", "account_id", "cycle"),
)

"""Writes payment methods and pre-authorizations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.methods import MethodRows
from settlement.storage.sql.rows import from_rows, write

_NEW_METHODS = from_rows(
    """INSERT INTO payment_method (id, account_id, external_id, kind, gateway, customer_token, method_token,
           threshold_minor, is_default, state, added_at)
       SELECT id, account_id, external_id, kind, gateway, customer_token, method_token, threshold_minor,
           false, 'unverified', :at FROM $v""",
    id="bigint", account_id="bigint", external_id="text", kind="method_kind", gateway="text", customer_token="text",
    method_token="text", threshold_minor="bigint",
)  # fmt: skip
# Two statements, the defaults that end first: the index allows one default at any moment.
_METHODS = from_rows(
    """UPDATE payment_method m SET is_default = v.is_default, state = v.state, threshold_minor = v.threshold_minor
       FROM $v WHERE m.account_id = v.account_id AND m.id = v.id AND m.account_id BETWEEN :first AND :last""",
    id="bigint", account_id="bigint", is_default="boolean", state="method_state", threshold_minor="bigint",
)  # fmt: skip
_NEW_AUTHORIZATIONS = from_rows(
    """INSERT INTO pre_authorization (id, account_id, method_id, product, gateway, customer_token, method_token,
           amount_minor, currency, created_at, next_at)
       SELECT id, account_id, method_id, product, gateway, customer_token, method_token, amount_minor, currency,
           :at, :at FROM $v""",
    id="bigint", account_id="bigint", method_id="bigint", product="text", gateway="text", customer_token="text",
    method_token="text", amount_minor="bigint", currency="char(3)",
)  # fmt: skip
_AUTHORIZATIONS = from_rows(
    """UPDATE pre_authorization p SET state = v.state, asks = v.asks, next_at = v.next_at,
           gateway_ref = coalesce(v.gateway_ref, p.gateway_ref), code = v.code, message = v.message,
           sent_at = v.sent_at, finished_at = v.finished_at
       FROM $v WHERE p.id = v.id AND p.account_id = v.account_id AND p.account_id BETWEEN :first AND :last""",
    id="bigint", account_id="bigint", state="authorization_state", asks="smallint", next_at="timestamptz",
    gateway_ref="text", code="text", message="text", sent_at="timestamptz", finished_at="timestamptz",
)  # fmt: skip


def apply_methods(tx: Connection, rows: MethodRows, at: datetime) -> None:
    """New methods before their values, and before what refers to them. `at` is the logical instant (UTC)."""
    write(tx, _NEW_METHODS, rows.new, at=at)
    write(tx, _METHODS, [row for row in rows.values if not row.is_default])
    write(tx, _METHODS, [row for row in rows.values if row.is_default])
    write(tx, _NEW_AUTHORIZATIONS, rows.new_authorizations, at=at)
    write(tx, _AUTHORIZATIONS, rows.authorizations)

"""Writes payment methods and pre-authorizations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.methods import (
    AuthorizationValues,
    MethodRows,
    MethodValues,
    NewAuthorization,
    NewMethod,
)
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.methods import PAYMENT_METHOD, PRE_AUTHORIZATION

_NEW_METHODS = from_rows(
    PAYMENT_METHOD,
    NewMethod,
    """INSERT INTO payment_method ($columns, is_default, state, added_at)
       SELECT $columns, false, 'unverified', :at FROM $v""",
)
# Two statements, the defaults that end first: the index allows one default at any moment.
_METHODS = from_rows(
    PAYMENT_METHOD,
    MethodValues,
    """UPDATE payment_method m SET $set
       FROM $v WHERE m.account_id = v.account_id AND m.id = v.id AND m.account_id BETWEEN :first AND :last""",
)
_NEW_AUTHORIZATIONS = from_rows(
    PRE_AUTHORIZATION,
    NewAuthorization,
    "INSERT INTO pre_authorization ($columns, created_at, next_at) SELECT $columns, :at, :at FROM $v",
)
_AUTHORIZATIONS = from_rows(
    PRE_AUTHORIZATION,
    AuthorizationValues,
    """UPDATE pre_authorization p SET $set
       FROM $v WHERE p.id = v.id AND p.account_id = v.account_id AND p.account_id BETWEEN :first AND :last""",
    gateway_ref="coalesce(v.gateway_ref, p.gateway_ref)",
)


def apply_methods(tx: Connection, rows: MethodRows, at: datetime) -> None:
    """New methods before their values, and before what refers to them. `at` is the logical instant (UTC)."""
    write(tx, _NEW_METHODS, rows.new, at=at)
    write(tx, _METHODS, [row for row in rows.values if not row.is_default])
    write(tx, _METHODS, [row for row in rows.values if row.is_default])
    write(tx, _NEW_AUTHORIZATIONS, rows.new_authorizations, at=at)
    write(tx, _AUTHORIZATIONS, rows.authorizations)

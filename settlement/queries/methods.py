"""Payment methods, and the amounts held to check them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.gateway.charges import AuthorizationState, MethodKind, MethodState
from settlement.storage.sql.columns import columns
from settlement.storage.sql.disputes import DISPUTED, OPEN_DISPUTES, SAME_CARD
from settlement.storage.tables.methods import PAYMENT_METHOD, PRE_AUTHORIZATION


class MethodView(NamedTuple):
    """A payment method. It is known by name; the gateway's tokens are not shown. `disputes` about its charges are open,
    and while any is, it is not charged by itself. `shared`: another account has a method with the same tokens.
    """

    name: str
    kind: MethodKind
    gateway: str
    threshold_minor: int | None
    currency: str
    is_default: bool
    state: MethodState
    added_at: datetime
    disputes: int
    shared: bool


class PreAuthorizationView(NamedTuple):
    """A pre-authorization that is not over: to be made, being made, held, or in doubt."""

    account: str
    method: str
    gateway: str
    amount_minor: int
    currency: str
    reference: str
    state: AuthorizationState
    sent_at: datetime | None
    next_at: datetime | None
    asks: int
    gateway_ref: str | None
    message: str | None


_SHARED = """(m.gateway <> '' AND EXISTS (
    SELECT 1 FROM payment_method o
    WHERE o.gateway = m.gateway AND o.gateway <> '' AND o.customer_token = m.customer_token
      AND o.method_token = m.method_token AND o.account_id <> m.account_id AND o.state <> 'removed'))"""
_METHOD = {"shared": _SHARED, "name": "m.external_id", "currency": "a.currency", "disputes": OPEN_DISPUTES}
_METHODS = text(f"""
    SELECT {columns(PAYMENT_METHOD, MethodView, "m", **_METHOD)}
    FROM payment_method m JOIN account a ON a.id = m.account_id LEFT JOIN {DISPUTED} AS d ON {SAME_CARD}
    WHERE m.account_id = :id AND (:all OR m.state <> 'removed')
      AND (CAST(:after AS text) IS NULL OR (NOT m.is_default, m.added_at, m.id) >
           (SELECT NOT is_default, added_at, id FROM payment_method WHERE account_id = :id AND external_id = :after))
    ORDER BY NOT m.is_default, m.added_at, m.id LIMIT :limit""")
_NAMES = {"account": "a.external_id", "method": "m.external_id", "reference": "CAST(p.reference AS text)"}
_PRE_AUTHORIZATIONS = text(f"""
    SELECT {columns(PRE_AUTHORIZATION, PreAuthorizationView, "p", **_NAMES)}
    FROM pre_authorization p JOIN account a ON a.id = p.account_id JOIN payment_method m ON m.id = p.method_id
    WHERE p.state IN ('waiting', 'sent', 'unknown', 'authorized')
      AND (CAST(:after AS uuid) IS NULL OR (p.created_at, p.id) >
           (SELECT created_at, id FROM pre_authorization WHERE reference = CAST(:after AS uuid)))
    ORDER BY p.created_at, p.id LIMIT :limit""")


def methods(
    tx: Connection,
    account_id: int,
    *,
    removed: bool = False,
    after: str | None = None,
    limit: int | None = None,
) -> list[MethodView]:
    """An account's payment methods, the default one first, then as they were added, from the one after `after` on; all
    of them where no `limit` is given.
    """
    parameters = {"id": account_id, "all": removed, "after": after, "limit": limit}
    return [MethodView(*row) for row in tx.execute(_METHODS, parameters)]


def pre_authorizations(tx: Connection, *, limit: int, after: str | None = None) -> list[PreAuthorizationView]:
    """Pre-authorizations that are not over, the oldest first, from the one after the reference `after` on."""
    return [
        PreAuthorizationView(*row)
        for row in tx.execute(_PRE_AUTHORIZATIONS, {"limit": limit, "after": after})
    ]

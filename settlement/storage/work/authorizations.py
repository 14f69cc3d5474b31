"""Pre-authorizations on their way: claimed before the gateway is called. Rule: R5.3."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.gateway.charges import AuthorizationState, GatewayRequest

# The state as it was says what is to be done; one that waited is marked as sent before it is. Parked accounts are left
# out before the batch is cut, so that they keep nobody else from it.
_CLAIM = text("""
    WITH c AS MATERIALIZED (
        SELECT t.id, t.state FROM pre_authorization t
        JOIN account o ON o.id = t.account_id AND o.parked_at IS NULL
        WHERE t.gateway = :gateway AND t.state IN ('waiting', 'sent', 'unknown', 'authorized') AND t.next_at <= :at
        ORDER BY t.next_at LIMIT :limit FOR NO KEY UPDATE OF t SKIP LOCKED)
    UPDATE pre_authorization p
    SET state = CASE WHEN c.state = 'waiting' THEN CAST('sent' AS authorization_state) ELSE c.state END,
        sent_at = coalesce(p.sent_at, CAST(:at AS timestamptz)), next_at = :lease
    FROM c, account a
    WHERE p.id = c.id AND a.id = p.account_id
    RETURNING p.id, p.account_id, c.state, CAST(p.reference AS text), a.external_id, p.customer_token, p.method_token,
              p.amount_minor, p.currency, p.sent_at, p.gateway_ref""")

_WAITS = text("""
    SELECT g FROM unnest(CAST(:gateways AS text[])) AS g WHERE EXISTS (
        SELECT 1 FROM pre_authorization t JOIN account o ON o.id = t.account_id AND o.parked_at IS NULL
        WHERE t.gateway = g AND t.state IN ('waiting', 'sent', 'unknown', 'authorized') AND t.next_at <= :at)""")


class ClaimedAuthorization(NamedTuple):
    """A pre-authorization in this process's hands, with the state it was found in."""

    id: int
    account_id: int
    found: AuthorizationState
    reference: str
    account: str
    customer_token: str
    method_token: str
    amount_minor: int
    currency: str
    sent_at: datetime
    gateway_ref: str | None

    @property
    def request(self) -> GatewayRequest:
        """As the gateway is asked, the same every time."""
        return GatewayRequest(
            self.reference, self.account, self.customer_token, self.method_token,
            self.amount_minor, self.currency, self.sent_at,
        )  # fmt: skip


def waiting(tx: Connection, gateways: Sequence[str], *, at: datetime) -> list[str]:
    """Those of the gateways that something is to be done at now."""
    return list(tx.scalars(_WAITS, {"gateways": list(gateways), "at": at}))


def claim(
    tx: Connection, gateway: str, *, at: datetime, lease: datetime, limit: int
) -> list[ClaimedAuthorization]:
    """Those whose time has come, held ones included. To be committed before the gateway is called."""
    asked = {"gateway": gateway, "at": at, "lease": lease, "limit": limit}
    return [ClaimedAuthorization(*row) for row in tx.execute(_CLAIM, asked)]

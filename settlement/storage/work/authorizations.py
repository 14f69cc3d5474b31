"""Pre-authorizations on their way. Rule: R5.3."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from settlement.model.gateway.charges import AuthorizationState, GatewayRequest
from settlement.storage.sql.columns import columns
from settlement.storage.tables.methods import PRE_AUTHORIZATION
from settlement.storage.work.claims import Queue


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
        """As the gateway gets it, the same every time."""
        return GatewayRequest(
            self.reference, self.account, self.customer_token, self.method_token,
            self.amount_minor, self.currency, self.sent_at,
        )  # fmt: skip


_NAMES = {"found": "c.found", "reference": "CAST(r.reference AS text)", "account": "acc.external_id"}
# The state as it was says what is to be done; one that waited is marked as sent before it is.
OPEN = Queue(
    ClaimedAuthorization, PRE_AUTHORIZATION,
    columns=columns(PRE_AUTHORIZATION, ClaimedAuthorization, "r", **_NAMES),
    condition="t.state IN ('waiting', 'sent', 'unknown', 'authorized')",
    marks="""state = CASE WHEN c.found = 'waiting' THEN CAST('sent' AS authorization_state) ELSE c.found END,
        sent_at = coalesce(r.sent_at, CAST(:at AS timestamptz))""",
)  # fmt: skip

"""Reads for people about money on its way back to the methods that paid; each listing in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.gateway.charges import our_reference
from settlement.model.gateway.refunds import RefundState
from settlement.queries import accounts
from settlement.storage.sql.columns import columns
from settlement.storage.tables.refunds import GATEWAY_REFUND


class GatewayRefundView(NamedTuple):
    """A refund to a method. `charge` is the reference of the charge it is of; amounts in minor units.

    `next_at` is when it is sent or asked about next; `source` and `event_id` name the event that asked for it.
    """

    reference: str
    account: str
    charge: str
    method: str
    gateway: str
    amount_minor: int
    currency: str
    state: RefundState
    created_at: datetime
    sent_at: datetime | None
    next_at: datetime | None
    asks: int
    gateway_ref: str | None
    code: str | None
    message: str | None
    finished_at: datetime | None
    source: str | None
    event_id: str | None


class RefundCounts(NamedTuple):
    """What is on its way back. `for_operator` are refunds that were asked about in vain often enough."""

    waiting: int
    in_doubt: int
    under_way: int
    for_operator: int


_COLUMNS = columns(
    GATEWAY_REFUND,
    GatewayRefundView,
    "r",
    reference="CAST(r.reference AS text)",
    account="a.external_id",
    charge="CAST(t.reference AS text)",
    method="m.external_id",
    source="i.source",
    event_id="i.event_id",
)
_SELECT = f"""
    SELECT {_COLUMNS}
    FROM gateway_refund r
    JOIN account a ON a.id = r.account_id
    JOIN charge_attempt t ON t.account_id = r.account_id AND t.attempt_no = r.attempt_no
    JOIN payment_method m ON m.id = t.method_id
    LEFT JOIN inbox i ON i.id = r.inbox_id"""
_REFUNDS = text(f"""{_SELECT}
    WHERE (CAST(:account AS text) IS NULL
           OR r.account_id = (SELECT id FROM account WHERE external_id = CAST(:account AS text)))
      AND (CAST(:states AS refund_state[]) IS NULL OR r.state = ANY(CAST(:states AS refund_state[])))
      AND (CAST(:after AS uuid) IS NULL OR (r.created_at, r.account_id, r.refund_no) <
           (SELECT created_at, account_id, refund_no FROM gateway_refund WHERE reference = CAST(:after AS uuid)))
    ORDER BY r.created_at DESC, r.account_id DESC, r.refund_no DESC LIMIT :limit""")
_REFUND = text(f"{_SELECT} WHERE r.reference = CAST(:reference AS uuid)")
_ON_THEIR_WAY = text(f"""{_SELECT}
    WHERE r.account_id = :account_id AND r.finished_at IS NULL ORDER BY r.refund_no""")
_COUNTS = text("""
    SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state IN ('sent', 'unknown')),
           count(*) FILTER (WHERE state = 'under_way'),
           count(*) FILTER (WHERE state IN ('sent', 'unknown') AND asks >= :operator_after)
    FROM gateway_refund WHERE finished_at IS NULL""")


def refunds(
    tx: Connection,
    *,
    limit: int,
    after: str | None = None,
    account: str | None = None,
    states: Sequence[RefundState] = (),
) -> list[GatewayRefundView]:
    """Refunds to methods, the newest first; of all states where none is requested; `after` is a reference.

    Raises:
        NotFound: there is no such account, or no refund `after`.
    """
    if after is not None:
        refund(tx, after)
    parameters = {"limit": limit, "after": after, "account": account, "states": list(states) or None}
    found = [GatewayRefundView(*row) for row in tx.execute(_REFUNDS, parameters)]
    if not found and account is not None:
        accounts.account(tx, account)
    return found


def refund(tx: Connection, reference: str) -> GatewayRefundView:
    """One refund to a method.

    Raises:
        NotFound: there is none of this reference.
    """
    found = None
    if our_reference(reference):
        found = tx.execute(_REFUND, {"reference": reference}).one_or_none()
    if found is None:
        raise NotFound("unknown_refund", f"refund {reference} is not known; `settle refunds list` shows them")
    return GatewayRefundView(*found)


def on_their_way(tx: Connection, account_id: int) -> list[GatewayRefundView]:
    """An account's refunds that are neither with the customer nor cash, the oldest first."""
    return [GatewayRefundView(*row) for row in tx.execute(_ON_THEIR_WAY, {"account_id": account_id})]


def counts(tx: Connection, *, operator_after: int) -> RefundCounts:
    """How much is on its way back."""
    return RefundCounts(*tx.execute(_COUNTS, {"operator_after": operator_after}).one())

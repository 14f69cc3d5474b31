"""Refunds on their way: those to be sent, and those that are not over. Rule: R7.3."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.model.gateway.refund_calls import RefundRequest
from settlement.model.gateway.refunds import RefundState
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import read
from settlement.storage.tables.refunds import GATEWAY_REFUND
from settlement.storage.work.claims import Locked, Queue
from settlement.storage.work.gateway_events import StoredNotification, from_notifications, may_name_ours

# Not those that somebody may hold for a call, whose lease must end before anybody else takes them up.
_WAKE = from_notifications("""
    WITH meant AS (
        SELECT v.gateway, v.event_id, r.account_id, r.refund_no
        FROM $v CROSS JOIN LATERAL (
            SELECT account_id, refund_no FROM gateway_refund WHERE reference = v.reference AND gateway = v.gateway
            UNION ALL SELECT account_id, refund_no FROM gateway_refund
            WHERE v.reference IS NULL AND gateway = v.gateway AND gateway_ref = v.gateway_ref) AS r),
    woken AS (
        UPDATE gateway_refund r SET next_at = :at FROM meant m
        WHERE r.account_id = m.account_id AND r.refund_no = m.refund_no AND r.state NOT IN ('waiting', 'failed')
          AND (r.next_at IS NULL OR r.next_at > :lease))
    SELECT gateway, event_id FROM meant""")


class SentRefund(NamedTuple):
    """A refund in this process's hands."""

    account_id: int
    refund_no: int
    reference: str
    state: RefundState
    account: str
    gateway: str
    charge_ref: str
    amount_minor: int
    currency: str
    sent_at: datetime
    gateway_ref: str | None
    next_at: datetime | None

    @property
    def request(self) -> RefundRequest:
        """The refund as the gateway gets it, the same every time."""
        return RefundRequest(
            self.reference, self.charge_ref, self.account, self.amount_minor, self.currency, self.sent_at
        )


_NAMES = {"reference": "CAST(r.reference AS text)", "account": "acc.external_id"}
_COLUMNS = columns(GATEWAY_REFUND, SentRefund, "r", **_NAMES)
TO_SEND = Queue(
    SentRefund, GATEWAY_REFUND, columns=_COLUMNS, condition="t.state = 'waiting'",
    marks="state = 'sent', sent_at = :at",
)  # fmt: skip
# In doubt, under way, or given back a while ago. The state stays: it is the outcome that changes it.
NOT_OVER = Queue(SentRefund, GATEWAY_REFUND, columns=_COLUMNS, condition="t.state <> 'waiting'")
lock = Locked(SentRefund, GATEWAY_REFUND, columns=_COLUMNS, noun="refund").lock


def wake(
    tx: Connection, notifications: Sequence[StoredNotification], *, at: datetime, lease: datetime
) -> set[tuple[str, str]]:
    """Lets the refunds that webhooks are about be inquired about now. Returns those webhooks, by gateway and event.

    A refund that may be in somebody's hands until `lease` is left to them; one that became cash is over.
    """
    return {(row[0], row[1]) for row in read(tx, _WAKE, may_name_ours(notifications), at=at, lease=lease)}

"""Refunds on their way: those to be sent, and those that are not over. Rule: R7.3."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.gateway.charges import our_reference
from settlement.model.gateway.refund_calls import RefundRequest
from settlement.model.gateway.refunds import RefundState
from settlement.storage.sql.arrays import array_literal, text_array
from settlement.storage.work.claims import Locked, Queue
from settlement.storage.work.gateway_events import StoredNotification

_TABLE, _KEY = "gateway_refund", ("account_id", "refund_no")
_COLUMNS = """r.account_id, r.refund_no, CAST(r.reference AS text) AS reference, r.state, acc.external_id, r.gateway,
    r.charge_ref, r.amount_minor, r.currency, r.sent_at, r.gateway_ref, r.next_at"""
# Not those that somebody may hold for a call, whose lease must end before anybody else takes them up.
_WAKE = text("""
    WITH meant AS (
        SELECT h.gateway, h.event_id, r.account_id, r.refund_no
        FROM unnest(CAST(:gateways AS text[]), CAST(:event_ids AS text[]), CAST(:references AS uuid[]),
                    CAST(:refs AS text[])) AS h (gateway, event_id, reference, gateway_ref)
        CROSS JOIN LATERAL (
            SELECT account_id, refund_no FROM gateway_refund WHERE reference = h.reference AND gateway = h.gateway
            UNION ALL SELECT account_id, refund_no FROM gateway_refund
            WHERE h.reference IS NULL AND gateway = h.gateway AND gateway_ref = h.gateway_ref) AS r),
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


TO_SEND = Queue(
    SentRefund, _TABLE, _KEY, columns=_COLUMNS, condition="t.state = 'waiting'",
    marks="state = 'sent', sent_at = :at",
)  # fmt: skip
# In doubt, under way, or given back a while ago. The state stays: it is the outcome that changes it.
NOT_OVER = Queue(SentRefund, _TABLE, _KEY, columns=_COLUMNS, condition="t.state <> 'waiting'")
lock = Locked(SentRefund, _TABLE, columns=_COLUMNS, noun="refund").lock


def wake(
    tx: Connection, notifications: Sequence[StoredNotification], *, at: datetime, lease: datetime
) -> set[tuple[str, str]]:
    """Lets the refunds that webhooks are about be inquired about now. Returns those webhooks, by gateway and event.

    A refund that may be in somebody's hands until `lease` is left to them; one that became cash is over.
    """
    ours = [one for one in notifications if one.reference is None or our_reference(one.reference)]
    parameters = {
        "gateways": text_array([one.gateway for one in ours]),
        "event_ids": text_array([one.event_id for one in ours]),
        "references": array_literal([one.reference for one in ours], "uuid"),
        "refs": array_literal([one.gateway_ref for one in ours], "text"),
        "at": at,
        "lease": lease,
    }
    return {(row[0], row[1]) for row in tx.execute(_WAKE, parameters)}

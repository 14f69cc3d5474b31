"""Refunds on their way: claimed to be sent or asked about. Rule: R7.3.

A claim is committed before the gateway is called, so whoever dies in between leaves a row that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.gateway.refund_calls import RefundRequest
from settlement.model.gateway.refunds import RefundState
from settlement.storage.sql.arrays import array_literal, text_array
from settlement.storage.work.charges import is_reference
from settlement.storage.work.gateway_events import StoredHint

_COLUMNS = """r.account_id, r.refund_no, CAST(r.reference AS text) AS reference, r.state, acc.external_id, r.gateway,
    r.charge_ref, r.amount_minor, r.currency, r.sent_at, r.gateway_ref, r.next_at"""
# Parked accounts are left out before the batch is cut, so that they keep nobody else from it.
_CLAIM = """
    WITH c AS MATERIALIZED (
        SELECT t.account_id, t.refund_no FROM gateway_refund t
        JOIN account o ON o.id = t.account_id AND o.parked_at IS NULL
        WHERE t.gateway = :gateway AND {which} AND t.next_at <= :at
        ORDER BY t.next_at, t.account_id LIMIT :limit FOR NO KEY UPDATE OF t SKIP LOCKED)
    UPDATE gateway_refund r SET {marked}
    FROM c JOIN account acc ON acc.id = c.account_id
    WHERE r.account_id = c.account_id AND r.refund_no = c.refund_no
    RETURNING {columns}"""
# Asked first, so that a look at nothing writes nothing.
_WAITS = """
    SELECT g FROM unnest(CAST(:gateways AS text[])) AS g WHERE EXISTS (
        SELECT 1 FROM gateway_refund t JOIN account o ON o.id = t.account_id AND o.parked_at IS NULL
        WHERE t.gateway = g AND {which} AND t.next_at <= :at)"""
_TO_SEND, _TO_ASK = "t.state = 'waiting'", "t.state <> 'waiting'"
_SEND = text(
    _CLAIM.format(marked="state = 'sent', sent_at = :at, next_at = :lease", which=_TO_SEND, columns=_COLUMNS)
)
# The state stays: it is the answer that changes it. The lease keeps a second asker away.
_ASK = text(_CLAIM.format(marked="next_at = :lease", which=_TO_ASK, columns=_COLUMNS))
_WAITS_TO_SEND = text(_WAITS.format(which=_TO_SEND))
_WAITS_TO_ASK = text(_WAITS.format(which=_TO_ASK))
_BY_REFERENCE = text(f"""
    SELECT {_COLUMNS} FROM gateway_refund r JOIN account acc ON acc.id = r.account_id
    WHERE r.reference = CAST(:reference AS uuid)""")
# The account first, as everybody does who books.
_LOCK = (
    text("SELECT account_id FROM gateway_refund WHERE reference = CAST(:reference AS uuid)"),
    text("SELECT 1 FROM account WHERE id = :account_id FOR NO KEY UPDATE"),
    text("SELECT 1 FROM gateway_refund WHERE reference = CAST(:reference AS uuid) FOR NO KEY UPDATE"),
)
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
        """The refund as the gateway is asked, the same every time."""
        return RefundRequest(
            self.reference, self.charge_ref, self.account, self.amount_minor, self.currency, self.sent_at
        )


def waiting_to_send(tx: Connection, gateways: Sequence[str], *, at: datetime) -> list[str]:
    """Those of the gateways that have refunds to be sent now."""
    return list(tx.scalars(_WAITS_TO_SEND, {"gateways": list(gateways), "at": at}))


def waiting_to_ask(tx: Connection, gateways: Sequence[str], *, at: datetime) -> list[str]:
    """Those of the gateways that have refunds to be asked about now."""
    return list(tx.scalars(_WAITS_TO_ASK, {"gateways": list(gateways), "at": at}))


def claim_to_send(
    tx: Connection, gateway: str, *, at: datetime, lease: datetime, limit: int
) -> list[SentRefund]:
    """Waiting refunds, marked as sent. To be committed before any of them is. Those of parked accounts wait."""
    asked = {"gateway": gateway, "at": at, "lease": lease, "limit": limit}
    return sorted(SentRefund(*row) for row in tx.execute(_SEND, asked))


def claim_to_ask(
    tx: Connection, gateway: str, *, at: datetime, lease: datetime, limit: int
) -> list[SentRefund]:
    """Refunds in doubt, under way, or given back a while ago, whose time to be asked about has come.

    Not those of parked accounts: what they are told could not be booked, and the question itself may give back.
    """
    asked = {"gateway": gateway, "at": at, "lease": lease, "limit": limit}
    return [SentRefund(*row) for row in tx.execute(_ASK, asked)]


def lock(tx: Connection, reference: str) -> SentRefund:
    """One refund by its reference, its account and itself locked: nobody books it or takes it up meanwhile.

    Raises:
        NotFound: there is none.
    """
    find, lock_account, lock_refund = _LOCK
    account_id = tx.scalar(find, {"reference": reference}) if is_reference(reference) else None
    if account_id is None:
        raise NotFound("unknown_refund", f"refund {reference} is not known; `settle refunds list` shows them")
    tx.execute(lock_account, {"account_id": account_id})
    tx.execute(lock_refund, {"reference": reference})
    return SentRefund(*tx.execute(_BY_REFERENCE, {"reference": reference}).one())


def wake(
    tx: Connection, hints: Sequence[StoredHint], *, at: datetime, lease: datetime
) -> set[tuple[str, str]]:
    """Lets the refunds that webhooks are about be asked about now. Returns those webhooks, by gateway and event.

    A refund that may be in somebody's hands until `lease` is left to them; one that became cash is over.
    """
    ours = [hint for hint in hints if hint.reference is None or is_reference(hint.reference)]
    asked = {
        "gateways": text_array([hint.gateway for hint in ours]),
        "event_ids": text_array([hint.event_id for hint in ours]),
        "references": array_literal([hint.reference for hint in ours], "uuid"),
        "refs": array_literal([hint.gateway_ref for hint in ours], "text"),
        "at": at,
        "lease": lease,
    }
    return {(row[0], row[1]) for row in tx.execute(_WAKE, asked)}

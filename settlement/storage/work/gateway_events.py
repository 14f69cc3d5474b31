"""Webhooks as they came: each once, kept before anything is done about them. Rule: R5.6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.gateway.charges import AttemptState, Notification, our_reference
from settlement.storage.sql.rows import Statement, from_rows, read, write
from settlement.storage.tables import kinds
from settlement.storage.tables.gateways import GATEWAY_EVENT

_STORE = from_rows(
    GATEWAY_EVENT,
    ("event_id", "type", "reference", "gateway_ref", "charge_ref"),
    """INSERT INTO gateway_event ($columns, gateway, body, received_at, next_at)
       SELECT $columns, :gateway, :body, :at, :at FROM $v ON CONFLICT DO NOTHING""",
)
# Counted and moved on before the call to the gateway, so that a process that dies leaves it to the next one.
_CLAIM = text("""
    WITH c AS MATERIALIZED (
        SELECT gateway, event_id FROM gateway_event WHERE state = 'waiting' AND next_at <= :at
        ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE gateway_event e SET tries = e.tries + 1, next_at = :lease
    FROM c
    WHERE e.gateway = c.gateway AND e.event_id = c.event_id
    RETURNING e.gateway, e.event_id, e.type, e.reference, e.gateway_ref, e.tries, e.charge_ref""")


def from_notifications(statement: str) -> Statement:
    """A statement over webhooks: their gateway and event id, and what they name, `reference` or `gateway_ref`."""
    return from_rows(
        GATEWAY_EVENT,
        ("gateway", "event_id", "reference", "gateway_ref"),
        statement,
        kinds={"reference": kinds.UUID},
    )


# By our reference where the event carries one, else by the gateway's own id; each way by its index.
_ATTEMPTS = from_notifications("""
    SELECT v.gateway, v.event_id, a.account_id, a.attempt_no, CAST(a.reference AS text), a.state, a.gateway_ref,
           acc.parked_at IS NOT NULL,
           a.reason = 'manual' AND NOT EXISTS (
               SELECT 1 FROM bill_payment p
               WHERE p.account_id = a.account_id AND p.state = 'running' AND p.attempt_no = a.attempt_no)
    FROM $v CROSS JOIN LATERAL (
        SELECT account_id, attempt_no, reference, state, gateway_ref, reason FROM charge_attempt
        WHERE reference = v.reference AND gateway = v.gateway
        UNION ALL SELECT account_id, attempt_no, reference, state, gateway_ref, reason FROM charge_attempt
        WHERE v.reference IS NULL AND gateway = v.gateway AND gateway_ref = v.gateway_ref) AS a
    JOIN account acc ON acc.id = a.account_id""")


class StoredNotification(NamedTuple):
    """A webhook in this process's hands; `tries` counts this one. `charge_ref`: the gateway's own id of the charge that
    a refund or dispute is of.
    """

    gateway: str
    event_id: str
    type: str
    reference: str | None
    gateway_ref: str | None
    tries: int
    charge_ref: str | None = None


class NotifiedAttempt(NamedTuple):
    """The attempt that a webhook is about. `is_given_up`: it was for a payment by hand that is over."""

    account_id: int
    attempt_no: int
    reference: str
    state: AttemptState
    gateway_ref: str | None
    is_parked: bool
    is_given_up: bool


class NotificationResult(NamedTuple):
    """What became of a webhook: `done`, `ignored` with a note, or still `waiting` until `next_at`."""

    gateway: str
    event_id: str
    state: str
    note: str | None
    next_at: datetime


_FINISH = from_rows(
    GATEWAY_EVENT,
    NotificationResult,
    """UPDATE gateway_event e SET $set,
           finished_at = CASE WHEN v.state <> 'waiting' THEN CAST(:at AS timestamptz) END
       FROM $v WHERE e.gateway = v.gateway AND e.event_id = v.event_id AND e.state = 'waiting'""",
)


def store(
    tx: Connection, gateway: str, notifications: Sequence[Notification], body: str, at: datetime
) -> bool:
    """Keeps what one webhook says, each as one about its `charge_ref` alone. False when all of it is known already."""
    rows = [(one.event_id, one.type, one.reference, one.gateway_ref, one.charge_ref) for one in notifications]
    return write(tx, _STORE, rows, gateway=gateway, body=body, at=at) > 0


def claim(tx: Connection, *, at: datetime, lease: datetime, limit: int) -> list[StoredNotification]:
    """Webhooks whose time has come. To be committed before the gateway is called."""
    return [
        StoredNotification(*row) for row in tx.execute(_CLAIM, {"at": at, "lease": lease, "limit": limit})
    ]


def may_name_ours(notifications: Sequence[StoredNotification]) -> list[tuple[str | None, ...]]:
    """Rows for a statement over webhooks.

    Whoever shares the gateway's account may use references of another form; they mean nothing of ours.
    """
    return [
        (one.gateway, one.event_id, one.reference, one.gateway_ref)
        for one in notifications
        if one.reference is None or our_reference(one.reference)
    ]


def attempts(
    tx: Connection, notifications: Sequence[StoredNotification]
) -> dict[tuple[str, str], NotifiedAttempt]:
    """The attempts that webhooks are about, by gateway and event; those about something else are missing."""
    rows = read(tx, _ATTEMPTS, may_name_ours(notifications))
    return {(row[0], row[1]): NotifiedAttempt(*row[2:]) for row in rows}


def finish(tx: Connection, results: Sequence[NotificationResult], at: datetime) -> None:
    """Records what became of them."""
    write(tx, _FINISH, results, at=at)

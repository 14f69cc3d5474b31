"""Charge attempts on their way: claimed to be sent or asked about, and how they are shown.

A claim is committed before the gateway is called, so whoever dies in between leaves a row that says so. Rule: R5.5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.gateway.charges import AttemptState, GatewayRequest

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COLUMNS = """a.account_id, a.attempt_no, CAST(a.reference AS text) AS reference, a.state, acc.external_id,
    a.customer_token, a.method_token, a.amount_minor, a.currency, a.created_at, a.sent_at,
    a.gateway_ref, a.gateway, a.next_at,
    a.reason = 'manual' AND NOT EXISTS (
        SELECT 1 FROM bill_payment p
        WHERE p.account_id = a.account_id AND p.state = 'running' AND p.attempt_no = a.attempt_no) AS is_given_up"""
# Parked accounts are left out before the batch is cut, so that they keep nobody else from it. The account is locked
# too: whoever plans for it at the same time sees the attempt either waiting or sent, and may end it while it waits.
_SEND = text(f"""
    WITH c AS MATERIALIZED (
        SELECT t.account_id, t.attempt_no FROM charge_attempt t
        JOIN account o ON o.id = t.account_id AND o.parked_at IS NULL
        WHERE t.gateway = :gateway AND t.state = 'waiting' AND t.next_at <= :at
        ORDER BY t.next_at, t.account_id LIMIT :limit FOR NO KEY UPDATE OF t, o SKIP LOCKED)
    UPDATE charge_attempt a SET state = 'sent', sent_at = :at, next_at = :lease
    FROM c JOIN account acc ON acc.id = c.account_id
    WHERE a.account_id = c.account_id AND a.attempt_no = c.attempt_no
    RETURNING {_COLUMNS}""")
# The state stays: it is the answer that changes it. The lease keeps a second asker away.
_ASK = text(f"""
    WITH c AS MATERIALIZED (
        SELECT t.account_id, t.attempt_no FROM charge_attempt t
        JOIN account o ON o.id = t.account_id AND o.parked_at IS NULL
        WHERE t.gateway = :gateway AND t.state IN ('sent', 'unknown', 'requires_action') AND t.next_at <= :at
        ORDER BY t.next_at, t.account_id LIMIT :limit FOR NO KEY UPDATE OF t SKIP LOCKED)
    UPDATE charge_attempt a SET next_at = :lease
    FROM c JOIN account acc ON acc.id = c.account_id
    WHERE a.account_id = c.account_id AND a.attempt_no = c.attempt_no
    RETURNING {_COLUMNS}""")
# Asked first, so that a look at nothing writes nothing. The states are spelled out for the partial indexes.
_WAITS = """
    SELECT g FROM unnest(CAST(:gateways AS text[])) AS g WHERE EXISTS (
        SELECT 1 FROM charge_attempt t JOIN account o ON o.id = t.account_id AND o.parked_at IS NULL
        WHERE t.gateway = g AND t.state IN ({states}) AND t.next_at <= :at)"""
_WAITS_TO_SEND = text(_WAITS.format(states="'waiting'"))
_WAITS_TO_ASK = text(_WAITS.format(states="'sent', 'unknown', 'requires_action'"))
_BY_REFERENCE = text(f"""
    SELECT {_COLUMNS} FROM charge_attempt a JOIN account acc ON acc.id = a.account_id
    WHERE a.reference = CAST(:reference AS uuid)""")
# The account first, as everybody does who books.
_LOCK = (
    text("SELECT account_id FROM charge_attempt WHERE reference = CAST(:reference AS uuid)"),
    text("SELECT 1 FROM account WHERE id = :account_id FOR NO KEY UPDATE"),
    text("SELECT 1 FROM charge_attempt WHERE reference = CAST(:reference AS uuid) FOR NO KEY UPDATE"),
)
_PACE_BEGIN = text("""
    INSERT INTO gateway_pace (gateway, next_at) VALUES (:gateway, clock_timestamp() - :most_s * interval '1 second')
    ON CONFLICT (gateway) DO UPDATE
    SET next_at = greatest(gateway_pace.next_at, clock_timestamp() - :most_s * interval '1 second')
    RETURNING extract(epoch FROM clock_timestamp() - next_at)""")
_PACE_TAKE = text("""
    UPDATE gateway_pace
    SET next_at = greatest(next_at, least(next_at + :used / :per_s * interval '1 second',
                                          clock_timestamp() + :most_s * interval '1 second'))
    WHERE gateway = :gateway""")
# What is saved up of a pace, and by how much it may be overdrawn by calls that wait for nobody.
_SAVED_S, _OVERDRAWN_S = 1.0, 3.0
_OPEN = text("""
    SELECT state, count(*), min(created_at) FROM charge_attempt
    WHERE state IN ('waiting', 'sent', 'unknown', 'requires_action') GROUP BY state""")


class SentAttempt(NamedTuple):
    """An attempt in this process's hands. `is_given_up`: it was for a payment by hand that is over."""

    account_id: int
    attempt_no: int
    reference: str
    state: AttemptState
    account: str
    customer_token: str
    method_token: str
    amount_minor: int
    currency: str
    created_at: datetime
    sent_at: datetime
    gateway_ref: str | None
    gateway: str
    next_at: datetime | None
    is_given_up: bool = False

    @property
    def request(self) -> GatewayRequest:
        """The attempt as the gateway is asked, the same every time."""
        return GatewayRequest(
            self.reference, self.account, self.customer_token, self.method_token,
            self.amount_minor, self.currency, self.sent_at,
        )  # fmt: skip


def is_reference(text_: str) -> bool:
    """Has it the form of our references? Only then can the database be asked for it."""
    return _UUID.fullmatch(text_) is not None


def waiting_to_send(tx: Connection, gateways: Sequence[str], *, at: datetime) -> list[str]:
    """Those of the gateways that have attempts to be sent now."""
    return list(tx.scalars(_WAITS_TO_SEND, {"gateways": list(gateways), "at": at}))


def waiting_to_ask(tx: Connection, gateways: Sequence[str], *, at: datetime) -> list[str]:
    """Those of the gateways that have attempts to be asked about now."""
    return list(tx.scalars(_WAITS_TO_ASK, {"gateways": list(gateways), "at": at}))


def allowance(tx: Connection, gateway: str, *, per_s: float, limit: int) -> int:
    """How many calls to the gateway are free now, at most `limit`, counted over all processes and hosts.

    Holds the gateway's row until the transaction ends; at most one second's worth, or one call, is saved up. Uses the
    database's clock, since it is about the real load on the gateway.
    """
    most_s = max(_SAVED_S, 1 / per_s)
    saved_s = tx.execute(_PACE_BEGIN, {"gateway": gateway, "most_s": most_s}).scalar_one()
    # Below zero while calls that wait for nobody have used up more than there was. The clock counts microseconds, so
    # a whole call may look like a little less than one.
    return max(0, min(limit, int(float(saved_s) * per_s + 0.001)))


def take(tx: Connection, gateway: str, *, per_s: float, used: int) -> None:
    """Counts calls that are about to be made, or were made beyond those counted before.

    Beyond the allowance they keep others waiting for three seconds, or three calls, at most: nobody starves.
    """
    if used > 0:
        most_s = max(_OVERDRAWN_S, 3 / per_s)
        tx.execute(_PACE_TAKE, {"gateway": gateway, "used": float(used), "per_s": per_s, "most_s": most_s})


def claim_to_send(
    tx: Connection, gateway: str, *, at: datetime, lease: datetime, limit: int
) -> list[SentAttempt]:
    """Waiting attempts, marked as sent. To be committed before any of them is.

    Those of parked accounts wait, and so do those of accounts that somebody is planning for at this moment.
    """
    asked = {"gateway": gateway, "at": at, "lease": lease, "limit": limit}
    return sorted(SentAttempt(*row) for row in tx.execute(_SEND, asked))


def claim_to_ask(
    tx: Connection, gateway: str, *, at: datetime, lease: datetime, limit: int
) -> list[SentAttempt]:
    """Attempts in doubt, or waiting for their payer, whose time to be asked about has come.

    Not those of parked accounts: what they are told could not be booked, and the question itself may charge.
    """
    asked = {"gateway": gateway, "at": at, "lease": lease, "limit": limit}
    return [SentAttempt(*row) for row in tx.execute(_ASK, asked)]


def lock(tx: Connection, reference: str) -> SentAttempt:
    """One attempt by its reference, its account and itself locked: nobody books it or takes it up meanwhile.

    Raises:
        NotFound: there is none.
    """
    find, lock_account, lock_attempt = _LOCK
    account_id = tx.scalar(find, {"reference": reference}) if is_reference(reference) else None
    if account_id is None:
        raise NotFound("unknown_charge", f"charge {reference} is not known; `settle charges list` shows them")
    tx.execute(lock_account, {"account_id": account_id})
    tx.execute(lock_attempt, {"reference": reference})
    return SentAttempt(*tx.execute(_BY_REFERENCE, {"reference": reference}).one())


def in_flight(tx: Connection) -> Sequence[tuple[AttemptState, int, datetime]]:
    """Attempts that have not ended: by state how many, and since when the oldest."""
    return [(row[0], row[1], row[2]) for row in tx.execute(_OPEN)]

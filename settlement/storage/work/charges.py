"""Charge attempts on their way: those to be sent, those in doubt, and how many there are. Rule: R5.5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.gateway.charges import AttemptState, GatewayRequest
from settlement.storage.sql.columns import columns
from settlement.storage.sql.disputes import DISPUTED
from settlement.storage.tables.charges import CHARGE_ATTEMPT
from settlement.storage.work.claims import Locked, Queue

# An object goes by its bare id, or by its kind and its id.
_ON_RECORD_AS = text("""
    WITH booked AS (
        SELECT gateway, gateway_ref, 'charge ' || reference AS noun FROM charge_attempt
        WHERE reference <> CAST(:reference AS uuid)
        UNION ALL SELECT gateway, gateway_ref, 'refund ' || reference FROM gateway_refund
                  WHERE reference <> CAST(:reference AS uuid)
        UNION ALL SELECT gateway, gateway_ref, 'a ' || kind || ' that was made there (`settle disputes show`)'
                  FROM gateway_reversal
        UNION ALL SELECT gateway, gateway_ref, 'a hold by which a payment method was checked' FROM pre_authorization)
    SELECT noun FROM booked
    WHERE gateway = :gateway AND gateway_ref IN (:named, :bare, 'capture:' || :bare, 'order:' || :bare) LIMIT 1""")
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
    code: str | None
    is_given_up: bool = False

    @property
    def request(self) -> GatewayRequest:
        """The attempt as the gateway gets it, the same every time."""
        return GatewayRequest(
            self.reference, self.account, self.customer_token, self.method_token,
            self.amount_minor, self.currency, self.sent_at,
        )  # fmt: skip


_COLUMNS = columns(
    CHARGE_ATTEMPT,
    SentAttempt,
    "r",
    reference="CAST(r.reference AS text)",
    account="acc.external_id",
    is_given_up="""r.reason = 'manual' AND NOT EXISTS (
        SELECT 1 FROM bill_payment p
        WHERE p.account_id = r.account_id AND p.state = 'running' AND p.attempt_no = r.attempt_no)""",
)
# One of a payment by hand whose time is over is not sent, whether or not somebody has ended the payment. Rule: R8.2c.
# Nor is what nobody asked for, while a dispute about its token is open, whichever account that is of. Rule: R5.9e.
_MAY_BE_SENT = f"""t.state = 'waiting' AND (t.reason = 'manual'
    OR (t.gateway, t.method_token) NOT IN (SELECT d.gateway, d.method_token FROM {DISPUTED} AS d)) AND NOT EXISTS (
    SELECT 1 FROM bill_payment p
    WHERE p.account_id = t.account_id AND p.attempt_no = t.attempt_no AND p.state = 'running' AND p.lease_until <= :at
    )"""
# The account is locked too: whoever plans for it at the same time sees the attempt either waiting or sent, and may end
# it while it waits. Those of accounts that somebody is planning for at this moment wait.
TO_SEND = Queue(
    SentAttempt, CHARGE_ATTEMPT, columns=_COLUMNS, condition=_MAY_BE_SENT,
    marks="state = 'sent', sent_at = :at", locks="t, o",
)  # fmt: skip
# The state stays: it is the outcome that changes it. The lease keeps a second inquirer away.
IN_DOUBT = Queue(
    SentAttempt, CHARGE_ATTEMPT, columns=_COLUMNS,
    condition="t.state IN ('sent', 'unknown', 'requires_action')",
)  # fmt: skip
lock = Locked(SentAttempt, CHARGE_ATTEMPT, columns=_COLUMNS, noun="charge").lock


def on_record_as(tx: Connection, gateway: str, gateway_ref: str, *, without: str) -> str | None:
    """What the gateway's object is on record as, in words, but for the charge or refund with our reference `without`;
    None where it is not.
    """
    bare = gateway_ref.partition(":")[2] or gateway_ref
    parameters = {"gateway": gateway, "named": gateway_ref, "bare": bare, "reference": without}
    found: str | None = tx.scalar(_ON_RECORD_AS, parameters)
    return found


def in_flight(tx: Connection) -> Sequence[tuple[AttemptState, int, datetime]]:
    """Attempts that have not ended: by state how many, and since when the oldest."""
    return [(row[0], row[1], row[2]) for row in tx.execute(_OPEN)]

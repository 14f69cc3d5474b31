"""Reads for people about collecting: charges, payment methods, differences, counts; each listing in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.cycle import Cycle
from settlement.model.gateway.charges import AttemptState, ChargeReason, our_reference
from settlement.queries import accounts
from settlement.storage.sql.columns import columns
from settlement.storage.tables.charges import CHARGE_ATTEMPT, CHARGE_LINE, COLLECTING


class ChargeView(NamedTuple):
    """A charge attempt. Amounts in minor units; `next_at` is when it is sent or asked about next."""

    reference: str
    account: str
    reason: ChargeReason
    cycle: Cycle
    method: str
    gateway: str
    amount_minor: int
    currency: str
    state: AttemptState
    created_at: datetime
    sent_at: datetime | None
    next_at: datetime | None
    asks: int
    gateway_ref: str | None
    charged_minor: int | None
    code: str | None
    message: str | None
    action_url: str | None
    finished_at: datetime | None


class ChargeLineView(NamedTuple):
    """A bill's part of a charge; `remaining_minor` is kept for a bill that is not issued yet."""

    cycle: Cycle
    amount_minor: int
    remaining_minor: int
    currency: str


class CollectionView(NamedTuple):
    """Where collecting stands. `threshold_minor` is None while no charge starts by threshold."""

    uncollected_minor: int
    threshold_minor: int | None
    currency: str
    declining_since: datetime | None
    hard: bool
    due_at: datetime | None


class ChargeCounts(NamedTuple):
    """What waits or is in doubt. `for_operator` are charges that were asked about in vain often enough."""

    waiting: int
    in_doubt: int
    for_payer: int
    for_operator: int
    declining: int
    suspended: int
    webhooks: int
    differences: int
    pre_authorizations: int


_UNDER_WAY: tuple[AttemptState, ...] = ("waiting", "sent", "unknown", "requires_action")
# One at a time is under way, by constraint.
_MOST_UNDER_WAY = 10
_NAMES = {"reference": "CAST(t.reference AS text)", "account": "a.external_id", "method": "m.external_id"}
_CHARGE_SELECT = f"""
    SELECT {columns(CHARGE_ATTEMPT, ChargeView, "t", **_NAMES)}
    FROM charge_attempt t JOIN account a ON a.id = t.account_id JOIN payment_method m ON m.id = t.method_id"""
_CHARGES = text(f"""{_CHARGE_SELECT}
    WHERE (CAST(:account AS text) IS NULL
           OR t.account_id = (SELECT id FROM account WHERE external_id = CAST(:account AS text)))
      AND (CAST(:cycle AS integer) IS NULL OR t.cycle = :cycle)
      AND (CAST(:states AS attempt_state[]) IS NULL OR t.state = ANY(CAST(:states AS attempt_state[])))
      AND (CAST(:after AS uuid) IS NULL OR (t.created_at, t.account_id, t.attempt_no) <
           (SELECT created_at, account_id, attempt_no FROM charge_attempt WHERE reference = CAST(:after AS uuid)))
    ORDER BY t.created_at DESC, t.account_id DESC, t.attempt_no DESC LIMIT :limit""")
_CHARGE = text(f"{_CHARGE_SELECT} WHERE t.reference = CAST(:reference AS uuid)")
_LINES = text(f"""
    SELECT {columns(CHARGE_LINE, ChargeLineView, "l", currency="t.currency")}
    FROM charge_line l JOIN charge_attempt t USING (account_id, attempt_no)
    WHERE t.reference = CAST(:reference AS uuid) ORDER BY l.cycle""")
_COLLECTION = text(f"""
    SELECT {columns(COLLECTING, CollectionView, "c", currency="a.currency")}
    FROM collecting c JOIN account a ON a.id = c.account_id WHERE c.account_id = :id""")
_COUNTS = text("""
    SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state IN ('sent', 'unknown')),
           count(*) FILTER (WHERE state = 'requires_action'),
           count(*) FILTER (WHERE state IN ('sent', 'unknown') AND asks >= :operator_after),
           (SELECT count(*) FROM collecting WHERE declining_since IS NOT NULL),
           (SELECT count(*) FROM collecting WHERE suspended_at IS NOT NULL AND declining_since IS NOT NULL),
           (SELECT count(*) FROM gateway_event WHERE state = 'waiting'),
           (SELECT count(*) FROM reconciliation_difference WHERE closed_at IS NULL),
           (SELECT count(*) FROM pre_authorization WHERE state IN ('waiting', 'sent', 'unknown', 'authorized'))
    FROM charge_attempt WHERE state IN ('waiting', 'sent', 'unknown', 'requires_action')""")


def charges(
    tx: Connection,
    *,
    limit: int,
    after: str | None = None,
    account: str | None = None,
    cycle: int | None = None,
    states: Sequence[AttemptState] = (),
) -> list[ChargeView]:
    """Charge attempts, the newest first; of all states where none is requested; `after` is a reference.

    Raises:
        NotFound: there is no such account, or no charge `after`.
    """
    if after is not None:
        charge(tx, after)
    parameters = {
        "limit": limit, "after": after, "account": account, "cycle": cycle, "states": list(states) or None,
    }  # fmt: skip
    found = [ChargeView(*row) for row in tx.execute(_CHARGES, parameters)]
    if not found and account is not None:
        accounts.account(tx, account)
    return found


def under_way(tx: Connection, account: str) -> list[ChargeView]:
    """Charges of an account that have not ended: waiting, with the gateway, in doubt, or with their payer."""
    return charges(tx, limit=_MOST_UNDER_WAY, account=account, states=_UNDER_WAY)


def charge(tx: Connection, reference: str) -> ChargeView:
    """One charge attempt.

    Raises:
        NotFound: there is none of this reference.
    """
    found = None
    if our_reference(reference):
        found = tx.execute(_CHARGE, {"reference": reference}).one_or_none()
    if found is None:
        raise NotFound("unknown_charge", f"charge {reference} is not known; `settle charges list` shows them")
    return ChargeView(*found)


def charge_lines(tx: Connection, reference: str) -> list[ChargeLineView]:
    """The bills that a charge is for, by cycle."""
    return [ChargeLineView(*row) for row in tx.execute(_LINES, {"reference": reference})]


def collection(tx: Connection, account_id: int) -> CollectionView | None:
    """Where collecting from an account stands; None for one that never had a payment method."""
    row = tx.execute(_COLLECTION, {"id": account_id}).one_or_none()
    return None if row is None else CollectionView(*row)


def counts(tx: Connection, *, operator_after: int) -> ChargeCounts:
    """What collecting has under way."""
    return ChargeCounts(*tx.execute(_COUNTS, {"operator_after": operator_after}).one())

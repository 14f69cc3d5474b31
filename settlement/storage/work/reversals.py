"""Whose charges refunds and disputes at gateways are of, and which are to be read again. Rule: R5.9."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.gateway.charges import our_reference
from settlement.model.gateway.reconciliation import OurRefund, OurReversal
from settlement.model.gateway.refund_calls import GIVEN_BACK_ALREADY
from settlement.model.gateway.reversals import Reversal
from settlement.model.gateway.unreadable import Unreadable
from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import Kind, from_rows, read
from settlement.storage.tables import kinds
from settlement.storage.tables.refunds import GATEWAY_REFUND
from settlement.storage.tables.reversals import GATEWAY_REVERSAL
from settlement.storage.work import due_dates

# By our reference where the object shows it, else by the gateway's own id; each way by its index.
_CHARGE = """LATERAL (
        SELECT account_id, attempt_no, state FROM charge_attempt
        WHERE reference = v.charge_reference AND gateway = v.gateway
        UNION
        SELECT account_id, attempt_no, state FROM charge_attempt
        WHERE gateway = v.gateway AND gateway_ref = v.charge_ref)"""
_COLUMNS = ("gateway", "gateway_ref", "kind", "amount_minor", "charge_ref", "charge_reference", "reference")
_KINDS: dict[str, Kind] = {"charge_ref": kinds.TEXT, "charge_reference": kinds.UUID, "reference": kinds.UUID}
# A refund of ours whose response was lost may be the one that the gateway shows without our reference; one that the
# gateway has refused, because nothing was left to give back, is not.
_OWNERS = from_rows(
    GATEWAY_REVERSAL,
    _COLUMNS,
    f"""SELECT v.gateway, v.gateway_ref, t.account_id, t.attempt_no, t.state = 'succeeded', acc.parked_at IS NOT NULL,
            v.kind = 'refund' AND (
                EXISTS (SELECT 1 FROM gateway_refund r WHERE r.gateway = v.gateway AND r.gateway_ref = v.gateway_ref)
                OR EXISTS (SELECT 1 FROM gateway_refund r WHERE r.reference = v.reference)),
            v.kind = 'refund' AND EXISTS (
                SELECT 1 FROM gateway_refund r
                WHERE r.account_id = t.account_id AND r.attempt_no = t.attempt_no AND r.amount_minor = v.amount_minor
                  AND r.state IN ('sent', 'unknown') AND r.gateway_ref IS NULL
                  AND r.code IS DISTINCT FROM '{GIVEN_BACK_ALREADY}')
        FROM $v CROSS JOIN {_CHARGE} AS t JOIN account acc ON acc.id = t.account_id""",
    kinds=_KINDS,
)
_CHARGES = from_rows(
    GATEWAY_REVERSAL,
    ("gateway", "event_id", "charge_ref", "charge_reference"),
    f"""SELECT v.gateway, v.event_id, t.state = 'succeeded', acc.parked_at IS NOT NULL
        FROM $v CROSS JOIN {_CHARGE} AS t JOIN account acc ON acc.id = t.account_id""",
    kinds=_KINDS | {"event_id": kinds.TEXT},
)

_OF_CHARGES = """(account_id, cycle) IN (
    SELECT l.account_id, l.cycle FROM unnest(CAST(:ids AS bigint[]), CAST(:nos AS integer[]))
        AS wanted (account_id, attempt_no) JOIN charge_line l USING (account_id, attempt_no))"""
_MARK = text(due_dates.MARK.replace("$of", _OF_CHARGES))


_OUR_REVERSAL = columns(
    GATEWAY_REVERSAL, OurReversal, "r", reference="CAST(t.reference AS text)", charge_ref="t.gateway_ref"
)
_ON_RECORD = f"""
    SELECT {_OUR_REVERSAL} FROM gateway_reversal r JOIN charge_attempt t USING (account_id, attempt_no)"""
BY_REF = text(f"{_ON_RECORD} WHERE r.gateway = :gateway AND r.gateway_ref = ANY(CAST(:refs AS text[]))")
OPENED = text(f"""{_ON_RECORD}
    WHERE r.gateway = :gateway AND r.opened_at >= :since AND r.opened_at < :until AND r.taken_minor > 0""")
NOT_FINAL = text(f"{_ON_RECORD} WHERE r.gateway = :gateway AND r.closed_at IS NULL")
_OUR_REFUND = columns(GATEWAY_REFUND, OurRefund, "r", reference="CAST(r.reference AS text)")
_REFUNDS = from_rows(
    GATEWAY_REVERSAL,
    ("gateway", "gateway_ref", "reference"),
    f"""SELECT v.gateway_ref, {_OUR_REFUND}
        FROM $v CROSS JOIN LATERAL (
            SELECT * FROM gateway_refund WHERE gateway = v.gateway AND gateway_ref = v.gateway_ref
            UNION SELECT * FROM gateway_refund WHERE reference = v.reference) AS r""",
    kinds=_KINDS,
)
GIVEN_BACK = text(f"""
    SELECT {_OUR_REFUND} FROM gateway_refund r
    WHERE r.gateway = :gateway AND r.state = 'succeeded' AND r.sent_at >= :since AND r.sent_at < :until""")
_WAKE = text("""
    UPDATE gateway_refund r SET next_at = :at
    FROM unnest(CAST(:ids AS bigint[]), CAST(:nos AS integer[])) AS wanted (account_id, refund_no)
    WHERE r.account_id = wanted.account_id AND r.refund_no = wanted.refund_no
      AND r.state NOT IN ('waiting', 'failed') AND (r.next_at IS NULL OR r.next_at > :lease)""")


class Owner(NamedTuple):
    """Whose charge a reversal is of. `is_booked`: that charge has succeeded here. `is_our_refund`: it is a refund that
    we requested; `may_be_ours`, that it may be one whose response was lost.
    """

    account_id: int
    attempt_no: int
    is_booked: bool
    is_parked: bool
    is_our_refund: bool
    may_be_ours: bool


class NotifiedCharge(NamedTuple):
    """The charge that a webhook is about."""

    is_booked: bool
    is_parked: bool


def owners(tx: Connection, found: Sequence[Reversal | Unreadable]) -> dict[tuple[str, str], Owner]:
    """Whose charges reversals are of, by gateway and its own id; those of nobody here are missing."""
    rows = [
        (
            one.gateway, one.gateway_ref, one.kind,
            None if isinstance(one, Unreadable) else one.amount_minor, one.charge_ref,
            our_reference(one.charge_reference), our_reference(one.reference),
        )
        for one in found
    ]  # fmt: skip
    return {(row[0], row[1]): Owner(*row[2:]) for row in read(tx, _OWNERS, rows)}


def charges(
    tx: Connection, events: Sequence[tuple[str, str, str | None, str | None]]
) -> dict[tuple[str, str], NotifiedCharge]:
    """The charges that webhooks are about, by gateway and event; given with the gateway's id of the charge and ours."""
    rows = [(gateway, event, ref, our_reference(reference)) for gateway, event, ref, reference in events]
    return {(row[0], row[1]): NotifiedCharge(row[2], row[3]) for row in read(tx, _CHARGES, rows)}


def on_record(tx: Connection, gateway: str, refs: Sequence[str]) -> dict[str, OurReversal]:
    """Those of these ids that are on record, by the gateway's own id."""
    rows = tx.execute(BY_REF, {"gateway": gateway, "refs": text_array(refs)})
    return {found.gateway_ref: found for found in (OurReversal(*row) for row in rows)}


def opened(tx: Connection, gateway: str, since: datetime, until: datetime) -> list[OurReversal]:
    """Those on record that began in [since, until) and for which something is taken back."""
    return [
        OurReversal(*row) for row in tx.execute(OPENED, {"gateway": gateway, "since": since, "until": until})
    ]


def not_final(tx: Connection, gateway: str) -> list[OurReversal]:
    """Those on record that may still change, as open disputes."""
    return [OurReversal(*row) for row in tx.execute(NOT_FINAL, {"gateway": gateway})]


def our_refunds(tx: Connection, found: Sequence[Reversal | Unreadable]) -> dict[str, OurRefund]:
    """The refunds of ours among what a gateway lists, by its own id."""
    rows = [(one.gateway, one.gateway_ref, our_reference(one.reference)) for one in found]
    return {row[0]: OurRefund(*row[1:]) for row in read(tx, _REFUNDS, rows)}


def given_back(tx: Connection, gateway: str, since: datetime, until: datetime) -> list[OurRefund]:
    """Our refunds that were sent in [since, until) and succeeded."""
    rows = tx.execute(GIVEN_BACK, {"gateway": gateway, "since": since, "until": until})
    return [OurRefund(*row) for row in rows]


def wake(tx: Connection, refunds: Sequence[OurRefund], *, at: datetime, lease: datetime) -> None:
    """Lets refunds be inquired about now, but for those that may be in somebody's hands until `lease`."""
    parameters = {
        "ids": id_array(one.account_id for one in refunds), "nos": id_array(one.refund_no for one in refunds)
    }  # fmt: skip
    tx.execute(_WAKE, parameters | {"at": at, "lease": lease})


def mark_overdue(tx: Connection, keys: Sequence[tuple[int, int]], day: date, at: datetime) -> None:
    """Marks, and announces, at `at` (UTC) bills that are owed again and were due before this local day. `keys` name the
    charges.
    """
    parameters = {"ids": id_array(key[0] for key in keys), "nos": id_array(key[1] for key in keys)}
    tx.execute(_MARK, parameters | due_dates.of_days([due_dates.LocalDay(day, at)]))

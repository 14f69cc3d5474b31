"""Loads manual payments: those in progress, names that are taken, the channel used last. Rule: R8.*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from settlement.model.accounts import AccountId
from settlement.model.payments import PAYMENT_HOLD, BillPayment
from settlement.model.snapshot import KnownPayments, Position
from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.columns import columns
from settlement.storage.tables.payments import BILL_PAYMENT

_MINE = "= ANY(CAST(:ids AS bigint[]))"
_RUNNING = text(f"""
    SELECT {columns(BILL_PAYMENT, BillPayment)} FROM bill_payment
    WHERE account_id {_MINE} AND state = 'running'""")
_NAMES = text("""
    SELECT p.account_id, p.external_id
    FROM unnest(CAST(:names AS text[]), CAST(:payments AS text[])) AS wanted (name, payment)
    JOIN account a ON a.external_id = wanted.name
    JOIN bill_payment p ON p.account_id = a.id AND p.external_id = wanted.payment""")
_LAST_CHANNELS = text(f"""
    SELECT DISTINCT ON (account_id) account_id, channel FROM bill_payment
    WHERE account_id {_MINE} ORDER BY account_id, started_at DESC, id DESC""")


def load_payments(tx: Connection, positions: Mapping[AccountId, Position]) -> None:
    """The payments in progress. Each holds automatic write-off, so where nothing is held there is none to look for."""
    ids = [
        key
        for key, position in positions.items()
        if position.holds and any(hold.reason == PAYMENT_HOLD for hold in position.holds)
    ]
    if ids:
        for row in tx.execute(_RUNNING, {"ids": id_array(ids)}):
            positions[row[1]].payment = BillPayment(*row)


def known_payments(
    tx: Connection, positions: Mapping[AccountId, Position], named: Sequence[tuple[str, str]]
) -> KnownPayments:
    """Which of the payments named exist, and the channels that their accounts used last."""
    paying = {name for name, _ in named}
    payers = [
        position.account.id for position in positions.values() if position.account.external_id in paying
    ]
    names, payments = zip(*named, strict=True) if named else ((), ())
    rows = tx.execute(_NAMES, {"names": text_array(names), "payments": text_array(payments)})
    return KnownPayments(
        frozenset((row[0], row[1]) for row in rows),
        {row[0]: row[1] for row in tx.execute(_LAST_CHANNELS, {"ids": id_array(payers)})},
    )

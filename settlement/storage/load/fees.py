"""Looks up which fees are booked already. Rule: R2.3."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, text

from settlement.storage.load.scope import FeeScope
from settlement.storage.sql.arrays import plain_array, text_array

_KNOWN_FEES = text("""
    SELECT f.account_id, f.fee_key, f.amount
    FROM unnest(CAST(:names AS text[]), CAST(:keys AS uuid[])) AS wanted (name, fee_key)
    JOIN account a ON a.external_id = wanted.name
    JOIN fee f ON f.account_id = a.id AND f.fee_key = wanted.fee_key AND f.occurrence = 0""")


def known_fees(tx: Connection, scope: FeeScope) -> dict[tuple[int, UUID], Decimal]:
    """The amount of each that is booked, by account id and fee key."""
    if not scope.keys:
        return {}
    names, keys = zip(*scope.keys, strict=True)
    parameters = {"names": text_array(names), "keys": plain_array(keys)}
    return {(row[0], row[1]): row[2] for row in tx.execute(_KNOWN_FEES, parameters)}

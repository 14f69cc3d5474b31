"""Looks up which fees are booked already, or were and are in an archive. Rule: R2.3, R11.12."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, text

from settlement.storage.load.scope import FeeScope
from settlement.storage.sql.arrays import plain_array, text_array

_KNOWN_FEES = text("""
    WITH wanted AS (
        SELECT a.id AS account_id, w.fee_key
        FROM unnest(CAST(:names AS text[]), CAST(:keys AS uuid[])) AS w (name, fee_key)
        JOIN account a ON a.external_id = w.name)
    SELECT f.account_id, f.fee_key, f.amount FROM wanted w
    JOIN fee f ON f.account_id = w.account_id AND f.fee_key = w.fee_key AND f.occurrence = 0
    UNION ALL
    SELECT w.account_id, w.fee_key, NULL FROM wanted w
    CROSS JOIN LATERAL (
        SELECT g.fee_keys FROM archived_fee_keys g WHERE g.account_id = w.account_id AND g.first_key <= w.fee_key
        ORDER BY g.first_key DESC LIMIT 1) AS g
    WHERE w.fee_key = ANY(g.fee_keys)""")


def known_fees(tx: Connection, scope: FeeScope) -> dict[tuple[int, UUID], Decimal | None]:
    """The amount of each that is booked, by account id and fee key; None of one that is in an archive."""
    if not scope.keys:
        return {}
    names, keys = zip(*scope.keys, strict=True)
    parameters = {"names": text_array(names), "keys": plain_array(keys)}
    return {(row[0], row[1]): row[2] for row in tx.execute(_KNOWN_FEES, parameters)}

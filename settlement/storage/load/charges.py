"""Loads payment methods, charges, and where collection stands. Rule: R5.*."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from settlement.model.accounts import AccountId
from settlement.model.gateway.charges import ChargeAttempt, ChargeLine, PaymentMethod, PreAuthorization
from settlement.model.gateway.collection import CollectionStatus
from settlement.model.snapshot import ChargePosition, Position
from settlement.storage.load.scope import Owners
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.disputes import DISPUTED, OPEN_DISPUTES, SAME_CARD
from settlement.storage.sql.rows import driver_rows
from settlement.storage.tables.charges import CHARGE_ATTEMPT, CHARGE_LINE, COLLECTING
from settlement.storage.tables.methods import PAYMENT_METHOD, PRE_AUTHORIZATION

_MINE = "account_id = ANY(CAST(:ids AS bigint[])) AND account_id BETWEEN :first AND :last"
_COLLECTIONS = text(f"SELECT {columns(COLLECTING, CollectionStatus)} FROM collecting WHERE {_MINE}")
_METHODS = text(f"""
    SELECT {columns(PAYMENT_METHOD, PaymentMethod, "m", disputes=OPEN_DISPUTES)}
    FROM payment_method m LEFT JOIN {DISPUTED} AS d ON {SAME_CARD} WHERE {_MINE} ORDER BY account_id, id""")
_AUTHORIZATIONS = text(f"""
    SELECT {columns(PRE_AUTHORIZATION, PreAuthorization)} FROM pre_authorization
    WHERE {_MINE} AND state IN ('waiting', 'sent', 'unknown', 'authorized') ORDER BY id""")
# Three small indexes instead of every charge an account ever had.
_ATTEMPTS = text(f"""
    WITH wanted AS (
        SELECT account_id, attempt_no FROM charge_attempt
        WHERE {_MINE} AND state IN ('waiting', 'sent', 'unknown', 'requires_action')
        UNION SELECT account_id, attempt_no FROM charge_line WHERE {_MINE} AND remaining_minor > 0
        UNION SELECT * FROM unnest(CAST(:named_ids AS bigint[]), CAST(:named_nos AS integer[])))
    SELECT {columns(CHARGE_ATTEMPT, ChargeAttempt, reference="CAST(reference AS text)")}
    FROM wanted JOIN charge_attempt USING (account_id, attempt_no) ORDER BY account_id, attempt_no""")
_LINES = text(f"""
    SELECT {columns(CHARGE_LINE, ChargeLine)}
    FROM unnest(CAST(:ids AS bigint[]), CAST(:nos AS integer[])) AS wanted (account_id, attempt_no)
    JOIN charge_line USING (account_id, attempt_no) ORDER BY account_id, attempt_no, cycle""")


def load_charges(
    tx: Connection,
    positions: dict[AccountId, Position],
    owners: Owners,
    *,
    attempts: Sequence[tuple[int, int]],
) -> None:
    """Most accounts of a set may have no payment method at all; then one statement tells. `attempts` are loaded
    although they are over.
    """
    collections = [CollectionStatus._make(row) for row in driver_rows(tx.execute(_COLLECTIONS, owners))]
    if not collections:
        return
    found = {}
    for collection in collections:
        found[collection.account_id] = positions[collection.account_id].charges = ChargePosition(collection)
    ids: Owners = {"ids": id_array(found), "first": min(found), "last": max(found)}
    for row in driver_rows(tx.execute(_METHODS, ids)):
        found[row[1]].methods.append(PaymentMethod(*row))
    for row in tx.execute(_AUTHORIZATIONS, ids):
        authorization = PreAuthorization(*row)
        found[authorization.account_id].authorizations.append(authorization)
    ids["named_ids"] = id_array(account_id for account_id, _ in attempts)
    ids["named_nos"] = id_array(attempt_no for _, attempt_no in attempts)
    loaded = [ChargeAttempt(*row) for row in driver_rows(tx.execute(_ATTEMPTS, ids))]
    if not loaded:
        return
    for attempt in loaded:
        found[attempt.account_id].attempts.append(attempt)
    keys = {
        "ids": id_array(attempt.account_id for attempt in loaded),
        "nos": id_array(attempt.attempt_no for attempt in loaded),
    }
    for row in driver_rows(tx.execute(_LINES, keys)):
        found[row[0]].lines.append(ChargeLine(*row))

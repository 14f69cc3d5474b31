"""Versions of the settings that move money. Rows are only added. Rule: R3.7b, R3.7c."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.model.policies.versions import FIRST, SettingsVersion
from settlement.storage.sql import advisory
from settlement.storage.sql.arrays import text_array

_ALL = text(
    "SELECT id, holds_from, CAST(changes AS text), set_at, set_by, reason FROM settings_version ORDER BY holds_from, id"
)
_ADD = text("""
    INSERT INTO settings_version (holds_from, changes, set_at, set_by, reason)
    VALUES (:holds_from, CAST(:changes AS json), :set_at, :set_by, :reason)
    ON CONFLICT (holds_from) WHERE holds_from = timestamptz '1970-01-01T00:00:00Z' DO NOTHING
    RETURNING id""")


def lock(tx: Connection) -> None:
    """From here to the end of the transaction nobody else sets anything, or checks what is about to change."""
    advisory.lock(tx, advisory.Advisory.SETTINGS)


def every(tx: Connection) -> list[SettingsVersion]:
    """Every version, in the order in which they come to hold."""
    return [SettingsVersion(row[0], row[1], json.loads(row[2]), *row[3:]) for row in tx.execute(_ALL)]


def add(
    tx: Connection, changes: Mapping[str, Any], *, holds_from: datetime, at: datetime, by: str, reason: str
) -> bool:
    """Adds a version. False when it would be a second first one."""
    row = {
        "holds_from": holds_from, "changes": json.dumps(changes), "set_at": at, "set_by": by, "reason": reason,
    }  # fmt: skip
    return tx.scalar(_ADD, row) is not None


def add_first(tx: Connection, values: Mapping[str, Any], *, at: datetime, by: str) -> bool:
    """The first version, which holds from the beginning; False when there is one."""
    return add(tx, values, holds_from=FIRST, at=at, by=by, reason="")


class Concerned(NamedTuple):
    """An account that a new version may let pay, or be charged."""

    id: int
    name: str


# Cards and refunds lie in tables of their own, and the gate is asked by the plan: whoever owes is concerned.
_CONCERNED = text("""
    SELECT a.id, a.external_id FROM account a
    WHERE a.id > :after AND a.parked_at IS NULL AND (
        (:bills AND EXISTS (SELECT 1 FROM bill b WHERE b.account_id = a.id AND b.state = 'unsettled'))
        OR (a.currency = ANY(CAST(:currencies AS text[]))
            AND EXISTS (SELECT 1 FROM collecting c WHERE c.account_id = a.id AND c.uncollected_minor > 0)))
    ORDER BY a.id LIMIT :limit""")


def concerned(
    tx: Connection, *, bills: bool, currencies: Sequence[str], after: int, limit: int
) -> list[Concerned]:
    """The next accounts, by id, with unsettled `bills`, or with something to collect in one of the currencies."""
    given = {"bills": bills, "currencies": text_array(list(currencies)), "after": after, "limit": limit}
    return [Concerned(*row) for row in tx.execute(_CONCERNED, given)]

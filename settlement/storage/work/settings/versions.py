"""Versions of the settings that move money. Rows are only added. Rule: R3.7b, R3.7c."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from settlement.model.policies.versions import FIRST, SettingsVersion

# Serialises those who set, so that nobody checks what another is about to change.
_SETTING_LOCK = 0x5E7701
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_ALL = text(
    "SELECT id, holds_from, CAST(changes AS text), set_at, set_by, reason FROM settings_version ORDER BY holds_from, id"
)
_ADD = text("""
    INSERT INTO settings_version (holds_from, changes, set_at, set_by, reason)
    VALUES (:holds_from, CAST(:changes AS json), :set_at, :set_by, :reason)
    ON CONFLICT (holds_from) WHERE holds_from = timestamptz '1970-01-01T00:00:00Z' DO NOTHING
    RETURNING id""")


def lock(tx: Connection) -> None:
    """From here to the end of the transaction nobody else sets anything."""
    tx.execute(_LOCK, {"key": _SETTING_LOCK})


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

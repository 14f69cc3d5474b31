"""Versions of the settings that move money."""

from __future__ import annotations

from sqlalchemy import Connection

from settlement.model.policies.versions import SettingsVersion
from settlement.storage.work.settings import versions as kept


def versions(tx: Connection) -> list[SettingsVersion]:
    """Every version, in the order in which they come to hold."""
    return kept.every(tx)

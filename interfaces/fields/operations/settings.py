"""Settings that move money as they are presented: each with the version that decides it."""

from __future__ import annotations

from interfaces.fields.field import Field, Fields
from settlement.model.policies.versions import FIRST, SettingsVersion, value_text

# A setting by name, and the version.
Decided = tuple[str, SettingsVersion]

SETTINGS: Fields[Decided] = (
    Field("name", "setting", lambda row: row[0]),
    Field("value", "value", lambda row: row[1].changes[row[0]], seen=lambda row: value_text(row[1].changes[row[0]])),
    Field("holds_from", "holds from", lambda row: row[1].holds_from,
          seen=lambda row: "the beginning" if row[1].holds_from == FIRST else row[1].holds_from),
    Field("set_by", "set by", lambda row: row[1].set_by),
    Field("set_at", "", lambda row: row[1].set_at),
    Field("reason", "reason", lambda row: row[1].reason or None),
)  # fmt: skip

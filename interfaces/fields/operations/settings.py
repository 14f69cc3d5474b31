"""Settings that move money as they are presented: what holds, since when, who set it, and what holds next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from interfaces.fields.field import Field, Fields
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.policies.versions import FIRST, SettingsVersion, in_order, value_text


class SettingView(NamedTuple):
    """A value, the version that set it, and the one that will set another, if there is one."""

    name: str
    version: SettingsVersion
    following: SettingsVersion | None

    @property
    def value(self) -> Any:
        """As JSON has it."""
        return self.version.changes.get(self.name)


class MovedInstant(NamedTuple):
    """What happens at another instant than it would have, each UTC."""

    what: str
    cycle: Cycle
    before: datetime
    after: datetime


def views(decided: Mapping[str, SettingsVersion], known: Sequence[SettingsVersion]) -> list[SettingView]:
    """By name, with the next version after the one that decides."""
    return [
        SettingView(name, version, next((
            later for later in in_order(known)
            if later.holds_from > version.holds_from and name in later.changes
        ), None))
        for name, version in decided.items()
    ]  # fmt: skip


def _since(version: SettingsVersion) -> datetime | str:
    return "the beginning" if version.holds_from == FIRST else version.holds_from


SETTINGS: Fields[SettingView] = (
    Field("name", "setting", lambda row: row.name),
    Field("value", "value", lambda row: row.value, seen=lambda row: value_text(row.value)),
    Field("holds_from", "holds from", lambda row: row.version.holds_from, seen=lambda row: _since(row.version)),
    Field("set_by", "set by", lambda row: row.version.set_by),
    Field("set_at", "", lambda row: row.version.set_at),
    Field("reason", "reason", lambda row: row.version.reason or None),
    Field("next_value", "next", lambda row: row.following and row.following.changes.get(row.name),
          seen=lambda row: row.following and value_text(row.following.changes.get(row.name))),
    Field("next_from", "from", lambda row: row.following and row.following.holds_from),
)  # fmt: skip
HISTORY: Fields[SettingView] = SETTINGS[:-2]
MOVED: Fields[MovedInstant] = (
    Field("what", "what moves", lambda row: row.what),
    Field("cycle", "month", lambda row: cycle_text(row.cycle)),
    Field("before", "from", lambda row: row.before),
    Field("after", "to", lambda row: row.after),
)

"""Versions of the settings that move money, as they are kept: what each changes, and from when on. Rule: R3.7b."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

# The first version holds from here, which stands for all time before.
FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class SettingsVersion(NamedTuple):
    """Values as JSON has them, by name, that hold from an instant (UTC) until a later version names them again.

    `id` numbers versions in the order in which they were set; of two that hold from the same instant the later counts.
    """

    id: int
    holds_from: datetime
    changes: Mapping[str, Any]
    set_at: datetime
    set_by: str
    reason: str


def in_order(versions: Iterable[SettingsVersion]) -> list[SettingsVersion]:
    """The order in which they come to hold."""
    return sorted(versions, key=lambda version: (version.holds_from, version.id))


def deciding(versions: Iterable[SettingsVersion], at: datetime) -> dict[str, SettingsVersion]:
    """By name of a setting, the version that decides it at an instant (UTC). Rule: R3.7b."""
    return {
        name: version
        for version in in_order(versions)
        if version.holds_from <= at
        for name in version.changes
    }


def values_at(versions: Iterable[SettingsVersion], at: datetime) -> dict[str, Any]:
    """Every value that holds at an instant (UTC), by name."""
    return {name: version.changes[name] for name, version in deciding(versions, at).items()}


def value_text(value: object) -> str:
    """A value for people, as the environment would have it: JSON where it is more than a word."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(", ", ": "))

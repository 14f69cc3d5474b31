"""A fingerprint of what decides in a process who pays what and when: equal where that is equal. Rule: R11.10b."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from config.money import money_values, set_here
from config.settings import Settings
from settlement.model.policies.versions import SettingsVersion, values_at

LENGTH = 12


def fingerprint(settings: Settings, versions: Sequence[SettingsVersion], at: datetime) -> str:
    """Of the database's settings at an instant (UTC), this environment's own above them, its clock and calendars."""
    here = money_values(settings)
    values = {**here, **values_at(versions, at), **{name: here[name] for name in set_here(settings)}}
    whole = json.dumps([values, settings.test_clock, RELEASES], sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()[:LENGTH]


def release_of(library: str) -> str:
    """The release that is installed, or none."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


# Whose release decides when a day begins and which days are business days: what this process began with, whatever is
# installed beneath it since.
RELEASES = {name: release_of(name) for name in ("tzdata", "holidays")}

"""Settings that move money: read, proposed once to a new database, and set from a later instant on. Rule: R3.7b."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from settlement.errors import Refused
from settlement.model.instants import instant_text
from settlement.model.policies.versions import SettingsVersion, in_order
from settlement.storage.store import Store
from settlement.storage.work import test_clock
from settlement.storage.work.settings import versions as settings_versions

# Longer than a transaction may hang: whoever plans for the instant from which a version holds, or a later one, has
# read the clock after that version was committed, and so has read it too.
LEAD = timedelta(minutes=2)


def versions(store: Store) -> list[SettingsVersion]:
    """Every version, in the order in which they come to hold.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    with store.transaction() as tx:
        return settings_versions.every(tx)


def propose(store: Store, values: Mapping[str, Any], *, by: str) -> bool:
    """Makes these values the first version of a database that has none. False when it has one, which stays.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    with store.transaction() as tx:
        now, _, _ = test_clock.read_clocks(tx, test_clock=False)
        return settings_versions.add_first(tx, values, at=now, by=by)


def set_version(
    store: Store,
    changes: Mapping[str, Any],
    *,
    holds_from: datetime,
    by: str,
    reason: str,
    may_set: Callable[[Sequence[SettingsVersion], datetime], None],
    test_clock_counts: bool,
    dry_run: bool = False,
) -> list[SettingsVersion]:
    """Sets values from an instant (UTC) on, and returns every version as they are then, or with `dry_run` would be.

    What holds already, or will within two minutes, stays: whoever books under an instant knows what holds then.
    `may_set` is asked about all versions together, with the present instant. Rule: R3.7c.

    Raises:
        Refused: `too_early`, or whatever `may_set` objects to.
        Unavailable: PostgreSQL cannot be reached.
    """
    with store.transaction() as tx:
        settings_versions.lock(tx)
        own, test, _ = test_clock.read_clocks(tx, test_clock=test_clock_counts)
        now = (test or own).astimezone(UTC)
        if holds_from < now + LEAD:
            raise Refused(
                "too_early",
                f"what holds already is not changed: it is {instant_text(now)}, "
                f"the earliest instant {instant_text(now + LEAD)}",
            )
        known = settings_versions.every(tx)
        number = max((version.id for version in known), default=0) + 1
        planned = in_order([*known, SettingsVersion(number, holds_from, changes, now, by, reason)])
        may_set(planned, now)
        if not dry_run:
            settings_versions.add(tx, changes, holds_from=holds_from, at=now, by=by, reason=reason)
        return planned

"""The schema brought up to date, as the owner of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from settlement.operations.settings_versions import propose
from settlement.storage.migrate import upgrade
from settlement.storage.revision import current_revision, head_revision, is_at_least
from settlement.storage.store import Store


def migrate(
    owner_url: str, *, worker_role: str, proposed: Mapping[str, Any], by: str, unless_current: bool = False
) -> str:
    """Upgrades to the newest revision and grants the worker's role its rights; safe to repeat, with workers at work.

    `proposed` are the settings that move money, by name, which a database that has none takes for its first version,
    set `by` whom. Returns the revision that the database is at, which may be newer than this code. `unless_current`:
    neither upgrades nor grants where the schema is new enough, so that no owner is needed.

    Raises:
        Unavailable: the database cannot be reached, or others hold its tables for too long; repeating goes on.
    """
    store = Store(owner_url, pool_size=1)
    try:
        with store.transaction() as tx:
            revision = current_revision(tx)
        if not unless_current or revision is None or not is_at_least(revision, head_revision()):
            revision = upgrade(owner_url, worker_role=worker_role)
        propose(store, proposed, by=by)
    finally:
        store.close()
    return revision

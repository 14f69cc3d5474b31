"""The schema brought up to date, as the owner of its tables."""

from __future__ import annotations

from settlement.storage.migrate import upgrade


def migrate(owner_url: str, *, worker_role: str) -> str:
    """Upgrades to the newest revision and grants the worker's role its rights; safe to repeat, with workers at work.

    Returns the revision that the database is at, which may be newer than this code.

    Raises:
        Unavailable: the database cannot be reached, or others hold its tables for too long; repeating goes on.
    """
    return upgrade(owner_url, worker_role=worker_role)

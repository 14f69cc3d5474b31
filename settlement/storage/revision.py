"""Which revision the schema of a database is at, and which one this code expects. Alembic is not loaded to ask."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

_VERSIONS = Path(__file__).with_name("migrations") / "versions"


def head_revision() -> str:
    """The revision this code expects: the newest migration, whose file begins with it."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def current_revision(tx: Connection) -> str | None:
    """The revision the database is at, or None when it is empty."""
    if tx.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    revision: str | None = tx.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def is_at_least(revision: str | None, wanted: str) -> bool:
    """Is a database of this revision new enough. Newer than this code is good: revisions only add. Rule: R11.7."""
    return revision is not None and revision >= wanted

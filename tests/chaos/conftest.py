"""An empty deployment for the checker to look at."""

from __future__ import annotations

from tests.support.shared_database import shared_database, shared_owner_url, shared_url, world

__all__ = ["shared_database", "shared_owner_url", "shared_url", "world"]

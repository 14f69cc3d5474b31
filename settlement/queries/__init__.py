"""Reads for people and programs: page by page, each listing in one statement. Nothing here locks a row or decides
anything; what a page shows is what was committed when its statement began.

Lives here: one file per subject.
May import: `settlement.storage.sql`, `settlement.model`, SQLAlchemy.
Start at: `accounts.py`.
"""

from __future__ import annotations

from settlement.storage.store import Store

# What a reader opens its transaction on.
__all__ = ["Store"]

"""Sums of minor units as they are read: PostgreSQL's sums of bigint are numeric, for they may be beyond it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any


def whole(row: Iterable[Any]) -> tuple[Any, ...]:
    """A row whose sums are integers of any size. For rows in which every number with places is such a sum."""
    return tuple(int(value) if isinstance(value, Decimal) else value for value in row)

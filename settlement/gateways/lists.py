"""Lists are read object by object: one that cannot be read keeps no other from being read. Rule: R5.7e."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from settlement.errors import Refused
from settlement.model.gateway.unreadable import Unreadable

T = TypeVar("T")


def read_each(read: Callable[[], T], otherwise: Callable[[str], Unreadable]) -> T | Unreadable:
    """What one object of a list means, or who it is and why that cannot be said. `read` calls nobody."""
    try:
        return read()
    except (Refused, LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        return otherwise(str(error))

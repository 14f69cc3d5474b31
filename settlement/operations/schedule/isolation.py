"""Pieces of work that have nothing to do with each other: one that fails keeps no other from its turn."""

from __future__ import annotations

from types import TracebackType

from settlement.errors import Busy, Unavailable


class Failures:
    """What went wrong while the others went on, to be raised when all had their turn.

    As a context manager around one piece of work it keeps what that raises, unless it would meet everybody else too:
    that PostgreSQL cannot be reached.
    """

    def __init__(self) -> None:
        self._first: Exception | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if isinstance(error, Unavailable) and not isinstance(error, Busy):
            return False
        # A fault is more worth saying than a lock that was not free.
        if self._first is None or (isinstance(self._first, Busy) and not isinstance(error, Busy)):
            self._first = error
        return True

    @property
    def first(self) -> Exception | None:
        """The first failure, if there was one."""
        return self._first

    def raise_first(self) -> None:
        """Raises the first failure, if there was one."""
        if self._first is not None:
            raise self._first

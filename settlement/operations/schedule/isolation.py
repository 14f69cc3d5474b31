"""Pieces of work that have nothing to do with each other: one that fails keeps no other from its turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from types import TracebackType

from sqlalchemy import Connection

from settlement.errors import Busy, Unavailable
from settlement.operations.bisection import BRIEF_MS, SHORT_PATIENCE_MS, halved, is_locked
from settlement.storage.sql.locks import free_accounts, wait_at_most
from settlement.storage.store import Store


class Failures:
    """What went wrong while the others went on, to be raised when all had their turn.

    As a context manager around one piece of work it keeps what that raises, unless it would meet everybody else too:
    that PostgreSQL cannot be reached.
    """

    def __init__(self) -> None:
        self._first: Exception | None = None
        self._locked: set[int] = set()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if isinstance(error, Unavailable) and not isinstance(error, Busy):
            return False
        self.record(error)
        return True

    def record(self, error: Exception) -> None:
        """Keeps a failure: the first, since a fault is more worth reporting than a lock that was not free."""
        if self._first is None or (isinstance(self._first, Busy) and not isinstance(error, Busy)):
            self._first = error

    def record_of(self, account_id: int, error: Exception) -> None:
        """The same, for what went wrong with one account."""
        error.add_note(f"account {account_id} was left out, the others were not")
        if is_locked(error):
            self._locked.add(account_id)
        self.record(error)

    @property
    def locked(self) -> AbstractSet[int]:
        """Accounts that were left out only because somebody else had them locked."""
        return self._locked

    def raise_first(self) -> None:
        """Raises the first failure, if there was one."""
        if self._first is not None:
            raise self._first


def in_one_or_in_halves(
    store: Store,
    account_ids: Sequence[int],
    act: Callable[[Connection, Sequence[int]], object],
    failures: Failures,
    *,
    patience_ms: int = SHORT_PATIENCE_MS,
) -> list[int]:
    """Does `act` for all accounts in one transaction; where that fails, in halves, down to the account at fault.

    Those that somebody else has locked are waited for together, once, for `patience_ms`, and are left out then, so
    that it takes no longer for many of them than for one. Returns the accounts at fault and left out, whose failures
    are kept with their ids. Rule: R11.8a, R11.8c.

    Raises:
        Unavailable: PostgreSQL is down.
    """
    at_fault: list[int] = []

    def leave_out(account_id: int, error: Exception) -> None:
        failures.record_of(account_id, error)
        at_fault.append(account_id)

    def act_together(part: Sequence[int]) -> None:
        try:
            with store.transaction() as tx:
                wait_at_most(tx, patience_ms if len(part) == len(account_ids) else BRIEF_MS)
                act(tx, part)
        except Busy as error:
            free = part
            if is_locked(error) and len(part) > 1:
                with store.transaction() as tx:
                    free = free_accounts(tx, part)
            if len(free) == len(part):
                raise
            for account_id in sorted(set(part).difference(free)):
                leave_out(account_id, Busy(str(error)))
            halved(free, act_together, leave_out)

    halved(account_ids, act_together, leave_out)
    return at_fault

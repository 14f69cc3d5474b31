"""Accounts that somebody else has locked: their events come a little later, and keep no others waiting meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable

# The first time an account is passed over, and at most; each time is twice as long as the one before.
FIRST_S = 2.0
MOST_S = 60.0


class Deferred:
    """Names of accounts that are passed over for a while. `clock` gives seconds that only grow.

    Without a clock they are passed over for as long as this object lives. Used by one thread at a time.
    """

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._clock = clock
        # By name: how long it is passed over this time, and until when.
        self._known: dict[str, tuple[float, float]] = {}

    def add(self, account: str) -> None:
        """Passes the account over, for longer than the last time."""
        before_s, _ = self._known.get(account, (0.0, 0.0))
        span_s = min(max(FIRST_S, before_s * 2), MOST_S)
        self._known[account] = (span_s, self._clock() + span_s)

    def now(self) -> list[str]:
        """The accounts to pass over now."""
        now = self._clock()
        return [account for account, (_, until) in self._known.items() if until > now]

    def knows(self, accounts: Iterable[str]) -> bool:
        """Was one of them locked when it was tried last."""
        return bool(self._known) and not self._known.keys().isdisjoint(accounts)

    def forget(self, accounts: Iterable[str]) -> None:
        """They could be locked, so nothing is known against them any more."""
        for account in accounts:
            self._known.pop(account, None)

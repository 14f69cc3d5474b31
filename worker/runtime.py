"""What one process works with: settings, the store, the policy in the database and the limits, built once.

Celery's pools and the command line share it. It is made on first use, so a pool that forks makes one in each child.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from config.money import money_values
from config.settings import Settings, load_settings
from settlement.errors import ClocksDiffer
from settlement.gateways.port import Gateway
from settlement.gateways.registry import build_gateways
from settlement.model.instants import local_text
from settlement.model.policies.policy import Policy
from settlement.storage.store import Store
from settlement.storage.work import test_clock
from worker.policies.collection import call_limits_of, gateway_setup_of
from worker.policies.versions import PolicyBook, who
from worker.servers import database_url

if TYPE_CHECKING:
    # What works under these limits is the larger part of the program, and a command that only reads needs none of it.
    from settlement.operations.gateway.engine import CallLimits
    from settlement.operations.inbox.drain import DrainLimits
    from settlement.operations.schedule.month_close import MonthCloseLimits


class Clocks(NamedTuple):
    """What the clocks show, UTC. `test` only where it is allowed and set; `skew` is how far the other two are apart."""

    database: datetime
    host: datetime
    test: datetime | None
    skew: timedelta

    @property
    def now(self) -> datetime:
        """The one that counts."""
        return self.test or self.database


def host_now() -> datetime:
    """What the clock of this host shows, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything an operation needs besides its own arguments. Safe to share between threads, never over a fork."""

    settings: Settings
    store: Store
    book: PolicyBook
    gateways: Mapping[str, Gateway]

    @property
    def policy(self) -> Policy:
        """The policy that held when the clocks were last read; it knows the other versions. Rule: R3.7b.

        Raises:
            Unavailable: no clock was read yet, and PostgreSQL cannot be reached.
        """
        if not self.book.is_read:
            self.clocks()
        return self.book.policy

    @property
    def drain_limits(self) -> DrainLimits:
        """How many events a drain handles at once, and how often it tries one."""
        from settlement.operations.inbox.drain import DrainLimits

        limits = self.settings.limits
        return DrainLimits(limits.drain_size, limits.drain_size, limits.max_attempts)

    @property
    def month_close_limits(self) -> MonthCloseLimits:
        """How large the ranges of a month close are, and how often one is tried."""
        from settlement.operations.schedule.month_close import MonthCloseLimits

        return MonthCloseLimits(self.settings.limits.range_size, self.settings.limits.max_attempts)

    @property
    def call_limits(self) -> CallLimits:
        """How many calls at gateways are made at once, and at what rate."""
        return call_limits_of(self.settings)

    def now(self) -> datetime:
        """The instant under which to book, UTC: the database's clock, or the test clock where one is allowed and set.

        One clock for all processes: nothing is noticed or finished later than it shows. With it the policy is as the
        database has it at that instant; a database without one takes that of this process. Rule: R3.7a, R3.7b.

        Raises:
            ClocksDiffer: this host's clock is away from the database's by more than the setting allows.
            SettingsDiffer: the environment sets what moves money otherwise than the database. Rule: R3.7f.
            Unavailable: PostgreSQL cannot be reached.
        """
        clocks = self.clocks()
        limit = timedelta(seconds=self.settings.limits.clock_skew_s)
        if clocks.test is None and clocks.skew > limit:
            host, database = (local_text(at, self.policy.zone) for at in (clocks.host, clocks.database))
            raise ClocksDiffer(
                f"this host's clock shows {host}, PostgreSQL's {database}: more than "
                f"{limit.total_seconds():g} s apart, so nothing is booked here; run NTP on both"
            )
        self.propose_settings()
        self.book.agree(clocks.now)
        return clocks.now

    def propose_settings(self) -> None:
        """Makes the environment of this process the first version of a database that has none. Rule: R3.7f.

        Raises:
            Unavailable: PostgreSQL cannot be reached.
        """
        if self.book.is_empty:
            from settlement.operations import settings_versions

            settings_versions.propose(self.store, money_values(self.settings), by=who())
            self.clocks()

    def as_of(self) -> datetime:
        """The same instant for reads, which go on whatever the clock of this host shows.

        Raises:
            Unavailable: PostgreSQL cannot be reached.
        """
        return self.clocks().now

    def clocks(self) -> Clocks:
        """What the clocks show, read at once. From here on the policy is that of the instant that counts.

        Raises:
            Unavailable: PostgreSQL cannot be reached.
        """
        with self.store.transaction() as tx:
            before = host_now()
            database, test, versions = test_clock.read_clocks(tx, test_clock=self.settings.test_clock)
            after = host_now()
            # An answer that takes long says nothing about the clocks.
            skew = max(before - database, database - after, timedelta(0))
            clocks = Clocks(database.astimezone(UTC), after, test and test.astimezone(UTC), skew)
            self.book.learn(tx, versions, clocks.now)
        return clocks

    def close(self) -> None:
        """Closes the database connections."""
        self.store.close()


def build_runtime(settings: Settings) -> Runtime:
    """A runtime for these settings. It opens no connection yet.

    Raises:
        LocalServerError: no database is named, and no embedded one was started.
        SettingsError: an amount does not fit its currency.
        Misconfigured: a gateway is set up whose library is not installed.
    """
    limits = settings.limits
    return Runtime(
        settings=settings,
        store=Store(
            database_url(settings),
            statement_timeout_s=limits.statement_timeout_s,
            lock_timeout_s=limits.lock_timeout_s,
            idle_in_transaction_timeout_s=limits.idle_in_transaction_timeout_s,
            connect_timeout_s=limits.connect_timeout_s,
            pool_size=limits.database_pool_size,
            pool_overflow=limits.database_pool_overflow,
            pool_timeout_s=limits.database_pool_timeout_s,
        ),
        book=PolicyBook(settings),
        gateways=build_gateways(gateway_setup_of(settings)),
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        SettingsError: the environment does not make sense.
    """
    return load_settings()


_lock = threading.Lock()
_runtime: Runtime | None = None


def runtime() -> Runtime:
    """The runtime of this process, made on first use."""
    global _runtime  # noqa: PLW0603 - one per process is the point
    with _lock:
        if _runtime is None:
            _runtime = build_runtime(settings())
        return _runtime


def close_runtime() -> None:
    """Closes the runtime of this process, if there is one. The next use makes a new one."""
    global _runtime  # noqa: PLW0603 - as above
    with _lock:
        if _runtime is not None:
            _runtime.close()
            _runtime = None


def _forget() -> None:
    """In a forked child: the parent's connections are the parent's. Dropped unclosed, and the lock with them."""
    global _runtime, _lock  # noqa: PLW0603 - as above
    _lock = threading.Lock()
    if _runtime is not None:
        _runtime.store.engine.dispose(close=False)
        _runtime = None


os.register_at_fork(after_in_child=_forget)

"""What one process works with: settings, the store, the policy and the limits, built once.

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

from config.settings import Settings, load_settings
from settlement.errors import ClocksDiffer
from settlement.gateways.port import Gateway
from settlement.gateways.registry import build_gateways
from settlement.model.cycle import parse_cycle
from settlement.model.instants import local_text
from settlement.model.policies.policy import Policy
from settlement.storage.store import Store
from settlement.storage.work import test_clock
from worker.policies.collection import call_limits_of, collection_policy_of, gateway_setup_of
from worker.policies.credit import credit_policy_of
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
    policy: Policy
    gateways: Mapping[str, Gateway]

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

        One clock for all processes: nothing is noticed or finished later than it shows. Rule: R3.7a.

        Raises:
            ClocksDiffer: this host's clock is away from the database's by more than the setting allows.
            Unavailable: PostgreSQL cannot be asked for it.
        """
        clocks = self.clocks()
        limit = timedelta(seconds=self.settings.limits.clock_skew_s)
        if clocks.test is None and clocks.skew > limit:
            host, database = (local_text(at, self.policy.zone) for at in (clocks.host, clocks.database))
            raise ClocksDiffer(
                f"this host's clock shows {host}, PostgreSQL's {database}: more than "
                f"{limit.total_seconds():g} s apart, so nothing is booked here; run NTP on both"
            )
        return clocks.now

    def as_of(self) -> datetime:
        """The same instant for reads, which go on whatever the clock of this host shows.

        Raises:
            Unavailable: PostgreSQL cannot be asked for it.
        """
        return self.clocks().now

    def clocks(self) -> Clocks:
        """What the clocks show, read at once.

        Raises:
            Unavailable: PostgreSQL cannot be asked.
        """
        with self.store.transaction() as tx:
            before = host_now()
            database, test = test_clock.read_clocks(tx, test_clock=self.settings.test_clock)
            after = host_now()
        # An answer that takes long says nothing about the clocks.
        skew = max(before - database, database - after, timedelta(0))
        return Clocks(database.astimezone(UTC), after, test and test.astimezone(UTC), skew)

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
        policy=policy_of(settings),
        gateways=build_gateways(gateway_setup_of(settings)),
    )


def policy_of(settings: Settings) -> Policy:
    """The values that rules depend on."""
    billing = settings.billing
    return Policy(
        zone=billing.zone,
        issue_day=billing.issue_day,
        issue_time=billing.issue_time,
        partial_write_off=billing.partial_write_off,
        freeze_accruing=billing.freeze_accruing,
        payment_lease=timedelta(seconds=settings.repayment.payment_lease_s),
        records_since=parse_cycle(settings.repayment.records_since),
        collection=collection_policy_of(settings),
        credit=credit_policy_of(settings),
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

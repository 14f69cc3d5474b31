"""What a command works with: the runtime of this process, closed when the command ends; or one transaction to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from settlement.model.policies.policy import Policy
    from worker.runtime import Runtime


@dataclass(slots=True)
class Invocation:
    """What holds for one call of `settle`: options that stand before the command."""

    debug: bool = False


class Reader(NamedTuple):
    """What a command that reads needs: a transaction, what counts as now (UTC), and the policy that holds."""

    tx: Connection
    now: datetime
    policy: Policy

    @property
    def zone(self) -> tzinfo:
        """Where people read instants."""
        return self.policy.zone


@contextmanager
def opened() -> Iterator[Runtime]:
    """The runtime for the length of a command.

    Raises:
        SettingsError: the environment does not make sense.
        LocalServerError: no database is named, and no embedded one was started.
    """
    from config.settings import load_settings
    from worker.runtime import build_runtime

    runtime = build_runtime(load_settings())
    try:
        yield runtime
    finally:
        runtime.close()


@contextmanager
def reading() -> Iterator[Reader]:
    """One transaction for a command that reads and does nothing else. Raises as `opened`."""
    with opened() as runtime:
        now = runtime.as_of()
        with runtime.store.transaction() as tx:
            yield Reader(tx, now, runtime.policy)

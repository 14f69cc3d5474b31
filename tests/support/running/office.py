"""The console as people have it: `settle serve`, worker pools and beat as processes of their own, and their users."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from settlement.operations import test_clock, users
from tests.support.console.month import PASSWORD, ROLES
from tests.support.running.processes import Deployment, deployment
from tests.support.world import World


@dataclass(frozen=True)
class Office:
    """A deployment with a console at `url`, over a world whose clock its processes go by."""

    made: Deployment
    world: World
    url: str


@contextmanager
def office(
    database_url: str, broker_url: str, folder: Path, world: World, *queues: str, **settings: str
) -> Iterator[Office]:
    """One worker for each of the queues, beat, a server with the console, and a user of each role, for as long as the
    block lasts. The clock stands where the world has it.
    """
    test_clock.move(world.store, world.now)
    for role in ROLES:
        users.add_user(world.store, role, role, PASSWORD)  # type: ignore[arg-type]
    extra = {"SETTLE_TEST_CLOCK": "1", "SETTLE_WEBHOOKS__PRIVATE_ADDRESSES": "true"} | settings
    with deployment(database_url, broker_url, folder, **extra) as made:
        for queue in queues:
            made.worker(queue, queue, size=4)
        made.beat("beat")
        with made.serving() as address:
            yield Office(made, world, f"{address.rstrip('/')}/console")

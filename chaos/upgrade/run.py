"""A run in which one release takes the place of another while events come in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg

from chaos.doors import NameDoor, SqlDoor, StreamDoor
from chaos.failover.run import (
    PREFIX,
    Load,
    Outcome,
    are_accepted,
    booked,
    environment_of,
    is_more_booked,
    outcome_of,
    until,
    wait_until_quiet,
)
from chaos.failover.sender import Sender, sending
from chaos.fleet import Fleet
from chaos.folder import in_folder
from chaos.upgrade.releases import releases, unpack
from chaos.upgrade.rollout import NEW, OLD, PROVE, Rollout
from sandbox.local.block import broker_server
from sandbox.local.postgres import OWNER_ROLE, EmbeddedPostgres

# What is tried is not how much they can take.
PAUSE_S = 0.05
# The longest pause between two events that were booked since an instant, in seconds.
LONGEST = """
    SELECT coalesce(max(extract(epoch FROM finished_at - before)), 0) FROM (
        SELECT finished_at, lag(finished_at) OVER (ORDER BY finished_at) AS before FROM inbox
        WHERE finished_at >= %s) booked"""


def upgrade_and_back(*, events: int, steps: int | None = None) -> Outcome:
    """So many events at least, and all steps or the first ones. The gaps are of each step.

    Raises:
        NotInHistory: the previous release is not in this clone.
    """

    def run(folder: Path) -> Outcome:
        return _upgrade(folder, events, steps)

    return in_folder("settle-upgrade-", run)


def _upgrade(folder: Path, events: int, steps: int | None) -> Outcome:
    previous = releases()[1]
    assert previous.commit is not None
    code = unpack(previous.commit, folder / previous.version)
    with ExitStack() as stack:
        broker = stack.enter_context(broker_server(folder))
        database = EmbeddedPostgres(folder)
        stack.callback(database.destroy)
        database.start()
        url = database.url()
        doors = (SqlDoor(url), StreamDoor(broker, PREFIX), NameDoor(broker, PREFIX))
        load = Load(url, broker, (Sender("all", url, doors, pause_s=PAUSE_S),))
        environment = environment_of(load, folder) | {
            "SETTLE_TEST_CLOCK": "1",
            "SETTLE_LIMITS__TICK_EVERY_S": "1",
            "SETTLE_LIMITS__RANGE_SIZE": "5",
            # What the killed one had in hand comes back after so long.
            "SETTLE_LIMITS__VISIBILITY_TIMEOUT_S": "5",
        }
        old = Fleet(folder, environment | {"PYTHONPATH": str(code)}, OLD, root=code)
        new = Fleet(folder, environment, NEW)
        stack.callback(new.kill_all)
        stack.callback(old.kill_all)
        rollout = Rollout(load, database.url(OWNER_ROLE), old, new, datetime.now(UTC))
        return _under_load(rollout, events, steps)


def _under_load(rollout: Rollout, events: int, steps: int | None) -> Outcome:
    load, began = rollout.load, time.monotonic()
    rollout.begin()
    load.senders[0].open_accounts()
    with sending(load.senders):
        gaps = [*_rolled(rollout, events, steps)]
    wait_until_quiet(load)
    rollout.settle(rollout.new, *PROVE)
    return outcome_of(load, len(gaps), gaps, time.monotonic() - began, rollout.now)


def _rolled(rollout: Rollout, events: int, steps: int | None) -> Iterator[float]:
    """Yields, for each step, for how long nothing was booked at most."""
    load, todo = rollout.load, rollout.steps()[:steps]
    for number, (_, step) in enumerate(todo):
        until(partial(are_accepted, load, (number + 1) * events // (len(todo) + 1)))
        until(partial(is_more_booked, load, than=booked(load)))
        began = datetime.now(UTC)
        step()
        until(partial(is_more_booked, load, than=booked(load)))
        with psycopg.connect(load.database_url) as connection:
            [found] = connection.execute(LONGEST, [began]).fetchall()
        yield round(float(found[0]), 1)
    until(partial(are_accepted, load, events))

"""Workers killed while events come by Celery's name alone: none is lost, with nobody sweeping. Rule: R11.1c."""

from __future__ import annotations

import functools
import time

from tests.support.brokers import lapse
from tests.support.running.processes import Deployment, opened, top_up, wait_for

KILLS = 3
MESSAGES = 600


def _more_than(made: Deployment, query: str, number: int) -> bool:
    return bool(made.one(query) > number)


def test_what_came_by_name_alone_outlives_every_worker_that_is_killed(made: Deployment) -> None:
    made.extra["SETTLE_LIMITS__VISIBILITY_TIMEOUT_S"] = "3"
    made.insert(opened("killed"))
    worker = made.worker("events", "events")
    wait_for(lambda: made.cash_minor("killed") == 0, worker)
    worker.kill()
    for number in range(MESSAGES):
        made.send("tasks.events.receive", top_up("killed", number, "0.01"))
    done = "SELECT count(*) FROM inbox WHERE type = 'top_up'"
    for number in range(KILLS):
        worker = made.worker(f"events-{number}", "events", wait=False)
        before = made.one(done)
        wait_for(functools.partial(_more_than, made, done, before), worker)
        # As soon as it works: most of what it has taken is in its hands only.
        time.sleep(0.01 * number)
        worker.kill()
    assert made.one(done) < MESSAGES, "the workers were too quick to be killed in the middle"
    lapse(made.redis, made.prefix)
    heir = made.worker("heir", "events")
    wait_for(lambda: made.one(done) == MESSAGES, heir)
    wait_for(lambda: made.cash_minor("killed") == MESSAGES, heir)
    wait_for(lambda: not made.in_hand(), heir)

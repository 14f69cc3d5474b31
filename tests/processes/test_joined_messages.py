"""One event in each message: those that wait together are recorded together, and stay messages each."""

from __future__ import annotations

import os
import signal

from tests.support.running.processes import Deployment, opened, top_up, wait_for


def test_events_that_come_one_by_one_are_recorded_in_few_transactions(made: Deployment) -> None:
    worker = made.worker("events", "events", size=8)
    made.send("tasks.events.receive", opened("joined"))
    wait_for(lambda: made.cash_minor("joined") == 0, worker)
    before = len(worker.said("events recorded"))
    os.kill(worker.popen.pid, signal.SIGSTOP)
    for number in range(300):
        made.send("tasks.events.receive", top_up("joined", number, "0.01"))
        if number % 100 == 50:
            # What is no event, and what is no message, do not keep their neighbours.
            made.send("tasks.events.receive", f"no event {number}")
            made.redis.lpush(f"{made.prefix}events", f"no message {number}")
    os.kill(worker.popen.pid, signal.SIGCONT)
    wait_for(lambda: made.cash_minor("joined") == 300, worker)
    wait_for(lambda: made.one("SELECT count(*) FROM inbox WHERE state = 'refused'") == 3, worker)
    wait_for(lambda: made.one("SELECT count(*) FROM quarantine") == 3, worker)
    wait_for(lambda: not made.in_hand(), worker)
    assert len(worker.said("events recorded")) - before < 60

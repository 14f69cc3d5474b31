"""A message that kills whoever runs it, with real workers, each started after the one before. Rule: R11.6d."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.support.brokers import lapse
from tests.support.running import processes
from tests.support.running.processes import PATIENCE_S, Deployment, opened, wait_for
from worker.celery.suspects import MOST

# Of an app that is not loaded here, where it would be one of the product's.
DEADLY = "tasks.events.deadly"
BESIDE = 20


def test_it_is_set_aside_after_five_workers_and_what_was_beside_it_is_done(made: Deployment) -> None:
    made.app = "deadly_app"
    made.extra["PYTHONPATH"] = str(Path(processes.__file__).parent)
    made.send(DEADLY)
    for number in range(BESIDE):
        made.send("tasks.events.receive", opened(f"beside-{number}"))
    for number in range(MOST):
        victim = made.worker(f"victim-{number}", "events", wait=False)
        assert victim.popen.wait(PATIENCE_S) == -signal.SIGKILL, victim.log.read_text()[-3000:]
        assert made.one("SELECT count(*) FROM quarantine") == 0
        lapse(made.redis, made.prefix)
    heir = made.worker("heir", "events")
    wait_for(lambda: made.one("SELECT count(*) FROM quarantine") == 1, heir)
    assert made.rows("SELECT queue, code, reason FROM quarantine") == [
        ("events", "ends_workers", f"{MOST} times a worker died that had it in hand")
    ]
    wait_for(lambda: made.one("SELECT count(*) FROM account") == BESIDE, heir)
    wait_for(lambda: not made.in_hand(), heir)
    assert not made.redis.exists(f"{made.prefix}suspects")
    # Once it is gone a worker is as good as any.
    made.send("tasks.events.receive", opened("afterwards"))
    wait_for(lambda: made.cash_minor("afterwards") == 0, heir)

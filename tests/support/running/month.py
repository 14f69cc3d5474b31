"""A month of one account by real processes, on whichever servers a deployment has."""

from __future__ import annotations

from datetime import UTC, datetime

from settlement.storage.work import test_clock as clock
from tests.support.builders import OCT_ISSUED
from tests.support.running.processes import Deployment, Process, event, opened, top_up, wait_for
from worker.broker import speaks_redis

OCTOBER = datetime(2026, 10, 20, tzinfo=UTC)
STATE = "SELECT min(state) FROM bill WHERE cycle = 202610"


def issues_a_bill(made: Deployment) -> tuple[Process, ...]:
    """A month's fees of USD 40, and the bill issued by its run. The workers, for all that comes after it."""
    made.extra["SETTLE_TEST_CLOCK"] = "1"
    with made.store.transaction() as tx:
        clock.move(tx, OCTOBER)
    workers = (
        made.worker("events", "events", "upkeep"),
        made.worker("month-close", "month-close", pool="prefork", size=1),
    )
    made.beat("beat")
    fee = {
        "id": "f",
        "amount": "40",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": "2026-10-10T00:00:00Z",
    }
    made.insert(opened("a"), event("fees", "a", "fees", fees=[fee]))
    wait_for(lambda: made.one("SELECT count(*) FROM inbox WHERE state = 'done'") == 2, *workers)
    with made.store.transaction() as tx:
        clock.move(tx, OCT_ISSUED)
    wait_for(lambda: made.one(STATE) == "unsettled", *workers)
    return workers


def settles_a_month(made: Deployment) -> None:
    """The bill of a month, money by every door that the broker has, and the audit."""
    workers = issues_a_bill(made)
    made.insert(top_up("a", 1))
    if speaks_redis(made.broker_url):
        made.add(top_up("a", 2))
    else:
        made.send("tasks.events.receive", top_up("a", 2))
    made.send("tasks.events.receive", top_up("a", 3))
    made.send("tasks.events.receive", [top_up("a", 4), top_up("a", 1)])
    wait_for(lambda: made.one(STATE) == "settled", *workers)
    wait_for(lambda: made.one("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0, *workers)
    assert made.cash_minor("a") == 0
    audited = made.run("-c", "from interfaces.cli.main import main; main()", "audit")
    assert audited.returncode == 0, audited.stdout + audited.stderr

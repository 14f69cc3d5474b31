"""The same month on servers that are not the embedded ones: other versions of PostgreSQL, Redis, a pooler.

Each is tested where it is installed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from settlement.storage.work import test_clock as clock
from tests.support.builders import OCT_ISSUED
from tests.support.running.installed import POSTGRES, installed_pgbouncer, installed_postgres, installed_redis
from tests.support.running.processes import Deployment, deployment, event, opened, top_up, wait_for
from tests.support.servers import PostgresForTests

OCTOBER = datetime(2026, 10, 20, tzinfo=UTC)


def settles_a_month(made: Deployment) -> None:
    """Fees, a bill issued by its run, money by every door, and the audit."""
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
    state = "SELECT min(state) FROM bill WHERE cycle = 202610"
    wait_for(lambda: made.one(state) == "unsettled", *workers)
    made.insert(top_up("a", 1))
    made.add(top_up("a", 2))
    made.send("tasks.events.receive", top_up("a", 3))
    made.send("tasks.events.receive", [top_up("a", 4), top_up("a", 1)])
    wait_for(lambda: made.one(state) == "settled", *workers)
    wait_for(lambda: made.one("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0, *workers)
    assert made.cash_minor("a") == 0
    audited = made.run("-c", "from interfaces.cli.main import main; main()", "audit")
    assert audited.returncode == 0, audited.stdout + audited.stderr


@pytest.mark.parametrize("programs", POSTGRES or [None], ids=lambda path: path and path.parent.name)
def test_a_postgresql_that_is_installed(programs: Path | None, valkey: str, tmp_path: Path) -> None:
    if programs is None:
        pytest.skip("no PostgreSQL below /usr/lib/postgresql")
    with installed_postgres(programs) as url, deployment(url, valkey, tmp_path) as made:
        settles_a_month(made)


def test_a_redis_that_is_installed(postgres: PostgresForTests, database: str, tmp_path: Path) -> None:
    with installed_redis() as url, deployment(postgres.worker_url(database), url, tmp_path) as made:
        settles_a_month(made)


def test_pgbouncer_in_transaction_mode(
    postgres: PostgresForTests, database: str, valkey: str, tmp_path: Path
) -> None:
    with (
        installed_pgbouncer(postgres.worker_url(database)) as url,
        deployment(url, valkey, tmp_path) as made,
    ):
        settles_a_month(made)

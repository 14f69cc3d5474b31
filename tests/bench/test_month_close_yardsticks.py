"""The benchmark compares ways of doing the same work: here, that it is the same work. No times."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from bench.month_close import handmade, orm
from bench.month_close.data import CYCLE, ISSUED_AT, Mix, load_data
from bench.month_close.rows import WRITTEN, differences, fingerprint
from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.operations.schedule.month_close import MonthCloseLimits, start_month_close
from settlement.operations.schedule.runs import work_run
from settlement.storage.store import Store
from tests.support.servers import PostgresForTests

ACCOUNTS = 400
# More of what is rare, so that a few hundred accounts take every branch.
MIX = Mix(
    cards=0.3,
    refunds=0.3,
    unsettled_before=0.3,
    credit_balance=0.05,
    carried_in=0.1,
    frozen=0.1,
    on_hold=0.05,
    parked=0.02,
)


def load(postgres: PostgresForTests, database: str) -> None:
    with psycopg.connect(postgres.owner_url(database)) as connection:
        load_data(connection, ACCOUNTS, seed=7, mix=MIX)


def close_by_settle(url: str) -> None:
    store = Store(url)
    limits = MonthCloseLimits(range_size=150)
    run_id, _ = start_month_close(store, Cycle(CYCLE), at=ISSUED_AT, policy=Policy(), limits=limits)
    assert work_run(store, run_id, policy=Policy(), limits=limits)
    store.close()


@pytest.fixture(scope="module")
def closed_by_settle(postgres: PostgresForTests):
    with postgres.database() as name:
        load(postgres, name)
        close_by_settle(postgres.worker_url(name))
        yield name


def test_handmade_sql_writes_the_same_rows(
    postgres: PostgresForTests, database: str, closed_by_settle: str
) -> None:
    load(postgres, database)
    handmade.close_month(postgres.worker_url(database), ACCOUNTS)
    ours = fingerprint(postgres.owner_url(closed_by_settle))
    assert differences(ours, fingerprint(postgres.owner_url(database))) == []
    assert all(rows > 0 for rows, _ in ours.values())


def test_one_transaction_per_bill_writes_the_same_rows(
    postgres: PostgresForTests, database: str, closed_by_settle: str
) -> None:
    load(postgres, database)
    orm.close_month(postgres.worker_url(database), range(1, 61), processes=1)
    some = fingerprint(postgres.owner_url(closed_by_settle), accounts=(1, 60))
    assert differences(some, fingerprint(postgres.owner_url(database), accounts=(1, 60))) == []


def test_a_single_changed_row_is_found(postgres: PostgresForTests, closed_by_settle: str) -> None:
    url = postgres.owner_url(closed_by_settle)
    before = fingerprint(url)
    change = (
        "UPDATE bill SET dropped = dropped + %s WHERE (account_id, cycle) = "
        "(SELECT account_id, cycle FROM bill WHERE state = 'settled' ORDER BY 1, 2 LIMIT 1)"
    )
    with psycopg.connect(url) as connection:
        connection.execute(change, [Decimal("1e-10")])
    after = fingerprint(url)
    with psycopg.connect(url) as connection:
        connection.execute(change, [Decimal("-1e-10")])
    assert differences(before, fingerprint(url)) == []
    assert [difference.partition(":")[0] for difference in differences(before, after)] == ["bill"]
    assert set(before) == set(WRITTEN)


def test_every_branch_is_taken(postgres: PostgresForTests, closed_by_settle: str) -> None:
    with psycopg.connect(postgres.owner_url(closed_by_settle)) as connection:
        sources = connection.execute("SELECT DISTINCT source::text FROM repayment_line ORDER BY 1").fetchall()
        topics = connection.execute("SELECT DISTINCT topic FROM outbox ORDER BY 1").fetchall()
        states = connection.execute(
            "SELECT DISTINCT state::text FROM bill WHERE cycle = %s ORDER BY 1", [CYCLE]
        )
        assert [row[0] for row in sources] == ["card", "cash", "refund"]
        assert [row[0] for row in topics] == ["bill.issued", "bill.paid_in_part", "bill.settled"]
        # The accruing ones belong to parked accounts.
        assert [row[0] for row in states] == ["accruing", "settled", "unsettled"]

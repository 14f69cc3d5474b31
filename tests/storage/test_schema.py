"""What the schema refuses whoever asks; migrations; partitions; text that looks like syntax. Rule: R11.2, R11.3."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import text

from settlement.errors import Unavailable
from settlement.operations.schedule.partitions import ensure_partitions
from settlement.storage.migrate import upgrade
from settlement.storage.revision import current_revision, head_revision
from settlement.storage.sql.arrays import text_array
from settlement.storage.store import Store
from settlement.storage.tables.schema import APPEND_ONLY
from settlement.storage.work import partitions
from tests.support.builders import utc
from tests.support.servers import PostgresForTests

ACCOUNT = "INSERT INTO account (id, external_id, currency, opened_at) VALUES (1, 'a', 'USD', now())"
ISSUED = """INSERT INTO bill (account_id, cycle, currency, state, payable_minor, dropped, carried_out, paid_minor,
    issued_at, settled_at) VALUES (1, 202610, 'USD', """
FEE = """INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, inbox_id, booked_at)
    VALUES """
ENTRY = """INSERT INTO ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause,
    posted_at) VALUES """


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET cash_minor = -1",
        "UPDATE account SET credit_limit_minor = -1",
        "UPDATE account SET frozen_minor = -1",
        "UPDATE account SET currency = 'XXX'",
        "UPDATE account SET external_id = ''",
        "UPDATE account SET parked_at = now()",
        "INSERT INTO account (id, external_id, currency, opened_at) VALUES (2, 'a', 'USD', now())",
        ISSUED + "'unsettled', 100, 0, 0, 101, now(), NULL)",  # paid beyond payable
        ISSUED + "'unsettled', 100, 0, 0, -1, now(), NULL)",
        ISSUED + "'unsettled', -100, 0, 0, 0, now(), NULL)",
        ISSUED + "'unsettled', 100, -0.001, 0, 0, now(), NULL)",
        ISSUED + "'unsettled', 100, 0, 0.5, 0, now(), NULL)",
        ISSUED + "'unsettled', 100, 0, 0, 100, now(), NULL)",  # paid, and not settled
        ISSUED + "'settled', 100, 0, 0, 99, now(), now())",
        ISSUED + "'settled', 100, 0, 0, 100, now(), NULL)",
        ISSUED + "'settled', 100, 0, 0, 100, NULL, now())",
        ISSUED + "'accruing', 100, NULL, NULL, 0, NULL, NULL)",
        ISSUED + "'accruing', NULL, NULL, NULL, 1, NULL, NULL)",
        ISSUED + "'accruing', NULL, 0, 0, 0, NULL, NULL)",
        "INSERT INTO bill (account_id, cycle, currency, carried_in) VALUES (1, 202610, 'USD', 1)",
        "INSERT INTO bill (account_id, cycle, currency) VALUES (1, 202613, 'USD')",
        "INSERT INTO bill (account_id, cycle, currency) VALUES (2, 202610, 'USD')",
        "INSERT INTO stored_value_card VALUES (1, 1, 'c', -1, now(), now() + interval '1 day', NULL, NULL, now())",
        "INSERT INTO stored_value_card VALUES (1, 1, 'c', 1, now(), now(), NULL, NULL, now())",
        "INSERT INTO credit_refund VALUES (1, 1, 202610, -1, now())",
        "INSERT INTO repayment VALUES (1, 202610, 'x', 'auto_write_off', 0, 'USD', now())",
        "INSERT INTO repayment VALUES (1, 202610, 'x', 'somebody', 1, 'USD', now())",
        "INSERT INTO repayment_line VALUES (1, 202610, 'x', 1, 'cash', 0, 0)",
        FEE + "(1, gen_random_uuid(), 202610, 1e18, 'USD', 'p', now(), false, 1, now())",
        FEE + "(1, gen_random_uuid(), 202610, 1, 'USD', 'p', now(), false, NULL, now())",
        FEE + "(2, gen_random_uuid(), 202610, 1, 'USD', 'p', now(), false, 1, now())",
        ENTRY + "(1, 'cash', 0, 'cash', 0, 1, 'USD', 'x', now())",
        ENTRY + "(1, 'cash', 0, 'revenue', 0, 0, 'USD', 'x', now())",
        ENTRY + "(1, 'cash', 0, 'revenue', 0, -1, 'USD', 'x', now())",
        ENTRY + "(1, 'cash', 0, 'nowhere', 0, 1, 'USD', 'x', now())",
        "INSERT INTO inbox (source, event_id, type) VALUES ('', '1', 't')",
        "INSERT INTO inbox (source, event_id, type, state) VALUES ('s', '1', 't', 'refused')",
        "INSERT INTO schedule_slot (job, logical_at, state) VALUES ('j', now(), 'skipped')",
        "INSERT INTO test_clock VALUES (false, now())",
    ],
)
def test_figures_that_cannot_be_are_refused_by_the_database(shared_owner_url, statement):
    with psycopg.connect(shared_owner_url) as connection:
        connection.execute(ACCOUNT)
        with pytest.raises((errors.IntegrityError, errors.InvalidTextRepresentation)):
            connection.execute(statement)
        connection.rollback()


def test_a_fee_of_no_account_is_refused_among_others_and_says_which(shared_owner_url):
    """One look at a whole statement: by COPY as well, wherever the fee stands in it."""
    booked = "(1, gen_random_uuid(), 202610, 1, 'USD', 'p', now(), false, 1, now())"
    with psycopg.connect(shared_owner_url) as connection:
        connection.execute(ACCOUNT)
        connection.execute(f"{FEE}{booked}, {booked}")
        with pytest.raises(errors.ForeignKeyViolation, match="to account 77, which there is not"):
            connection.execute(f"{FEE}{booked}, {booked.replace('(1,', '(77,', 1)}, {booked}")
        connection.rollback()


def test_an_account_that_has_a_bill_cannot_be_deleted(shared_owner_url):
    """Nor one that has fees, therefore: there is a bill for each month of them."""
    with psycopg.connect(shared_owner_url) as connection:
        connection.execute(ACCOUNT)
        connection.execute("INSERT INTO bill (account_id, cycle, currency) VALUES (1, 202610, 'USD')")
        with pytest.raises(errors.ForeignKeyViolation):
            connection.execute("DELETE FROM account")
        connection.rollback()


def test_a_bill_and_a_cause_pay_once(shared_owner_url):
    with psycopg.connect(shared_owner_url) as connection:
        connection.execute(ACCOUNT)
        repayment = "INSERT INTO repayment VALUES (1, 202610, 'event:1', 'auto_write_off', 1, 'USD', now())"
        connection.execute(repayment)
        with pytest.raises(errors.UniqueViolation):
            connection.execute(repayment)
        connection.rollback()


# ------------------------------------------------------------------------------------------------ migrations


def test_migrating_twice_is_migrating_once(postgres: PostgresForTests):
    with postgres.empty_database() as name:
        assert upgrade(postgres.owner_url(name), worker_role=postgres.worker_role) == head_revision()
        owner = Store(postgres.owner_url(name))
        with owner.transaction() as tx:
            assert current_revision(tx) == head_revision()
            tx.execute(text(ACCOUNT))
        assert upgrade(postgres.owner_url(name), worker_role=postgres.worker_role) == head_revision()
        with owner.transaction() as tx:
            assert tx.scalar(text("SELECT count(*) FROM account")) == 1
        owner.close()
        worker = Store(postgres.worker_url(name))
        for table in APPEND_ONLY:
            with pytest.raises(Exception, match="permission denied"), worker.transaction() as tx:
                tx.execute(text(f"DELETE FROM {table}"))
        worker.close()


def test_an_empty_database_has_no_revision(postgres: PostgresForTests):
    with postgres.empty_database() as name:
        store = Store(postgres.owner_url(name))
        with store.transaction() as tx:
            assert current_revision(tx) is None
        store.close()


def test_a_database_that_is_not_there_is_unavailable(postgres: PostgresForTests):
    with pytest.raises(Unavailable):
        upgrade(postgres.owner_url("settle_test_nowhere"), worker_role=None)
    store = Store(postgres.worker_url("settle_test_nowhere"))
    with pytest.raises(Unavailable), store.transaction():
        pass
    store.close()


def test_the_minor_units_in_the_database_are_those_of_the_code(shared_owner_url):
    from settlement.model.currencies import EXPONENTS

    with psycopg.connect(shared_owner_url) as connection:
        assert dict(connection.execute("SELECT code, exponent FROM currency").fetchall()) == EXPONENTS


# ------------------------------------------------------------------------------------------------ partitions


def partition_of(connection, instant: str) -> str:
    connection.execute(ENTRY + "(1, 'cash', 0, 'revenue', 0, 1, 'USD', 'x', %s)", (instant,))
    row = connection.execute(
        "SELECT tableoid::regclass::text FROM ledger_transfer ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return str(row[0])


def test_the_worker_makes_partitions_ahead_through_a_function_of_the_owner(database_url, owner_url):
    store = Store(database_url)
    assert ensure_partitions(store, at=utc("2026-11-02 04:00")) == 0, "the first years come with the schema"
    assert ensure_partitions(store, at=utc("2028-12-31 23:59")) == 11
    assert ensure_partitions(store, at=utc("2028-12-31 23:59")) == 0
    with psycopg.connect(owner_url) as connection:
        assert partition_of(connection, "2029-11-30 23:59:59+00") == "ledger_transfer_202911"
        assert partition_of(connection, "2029-12-01 00:00:00+00") == "ledger_transfer_default"
        for change in ("UPDATE {} SET cause = 'y'", "DELETE FROM {}", "TRUNCATE {}"):
            with pytest.raises(errors.InsufficientPrivilege, match="append-only"), connection.transaction():
                connection.execute(sql.SQL(change).format(sql.Identifier("ledger_transfer_202911")))
    with store.transaction() as tx:
        # A month whose entries lie in the default partition already stays there.
        assert partitions.ensure(tx, date(2029, 12, 1), 2) == 1
    with pytest.raises(Exception, match="permission denied"), store.transaction() as tx:
        tx.execute(text("SELECT * FROM ledger_transfer_202911"))
    store.close()


# ------------------------------------------------------------------------------------------------ hostile text


def test_names_that_look_like_syntax_go_all_the_way(world):
    names = ["NULL", '"', "\\N", "{a,b}", "it's", "--", "ключ", "a b ", "\\"]
    world.open(*names)
    for name in names:
        world.fee(name, "5", product=name, order_id=name)
        world.top_up(name, "9.00")
    world.at("2026-11-02 04:00").tick()
    assert {world.cash(name) for name in names} == {400}
    assert world.rows("SELECT DISTINCT product FROM bill_line ORDER BY 1") == sorted(
        ((name,) for name in names), key=lambda row: names_order(world, row[0])
    )
    with world.store.transaction() as tx:
        assert tx.scalar(
            text("SELECT count(*) FROM account WHERE external_id = ANY(CAST(:n AS text[]))"),
            {"n": text_array(names)},
        ) == len(names)


def names_order(world, name):
    """The place of a name in the database's own order."""
    return world.one("SELECT count(*) FROM account WHERE external_id < :name", name=name)

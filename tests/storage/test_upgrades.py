"""Migrations under traffic: on a populated database, with locks in the way, with old and new workers side by side.

Rule: R11.7.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from importlib import resources
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from structlog.testing import capture_logs

from config.settings import Settings
from settlement.errors import Unavailable
from settlement.model.policies.policy import Policy
from settlement.operations.reports.audit import audit
from settlement.storage.migrate import upgrade
from settlement.storage.revision import current_revision, head_revision, is_at_least
from settlement.storage.store import Store
from tests.support.books import Books, utc
from tests.support.full_month import a_full_month
from tests.support.servers import PostgresForTests
from worker import lifecycle

# A deployment as the first revision left it: one bill settled by a card and cash, one paid in part, one that accrues,
# credit carried over, an event that waits.
POPULATED = """
    INSERT INTO inbox (id, source, event_id, type, account, data, state, received_at) OVERRIDING SYSTEM VALUE VALUES
        (1, 's', '1', 'account_opened', 'a', '{"currency": "USD", "opening_cash": "100.00"}', 'done', '2026-09-01'),
        (2, 's', '2', 'card_activated', 'a', '{"card": "gift", "amount": "5.00", "currency": "USD"}', 'done',
            '2026-09-01'),
        (3, 's', '3', 'fees', 'a', '{"fees": [{"id": "1", "amount": "12.005", "currency": "USD", "product": "ECS"},
            {"id": "2", "amount": "3.00", "currency": "USD", "product": "ECS"}]}', 'done', '2026-10-01'),
        (4, 's', '4', 'account_opened', 'b', '{"currency": "USD", "opening_cash": "1.00"}', 'done', '2026-09-01'),
        (5, 's', '5', 'fees', 'b', '{"fees": [{"id": "1", "amount": "6", "currency": "USD", "product": "ECS"}]}',
            'done', '2026-09-10'),
        (6, 's', '6', 'top_up', 'b', '{"amount": "9.00", "currency": "USD"}', 'waiting', '2026-10-15');
    SELECT setval(pg_get_serial_sequence('inbox', 'id'), 6);
    INSERT INTO account (id, external_id, currency, cash_minor, opened_at) VALUES
        (1, 'a', 'USD', 9300, '2026-09-01'), (4, 'b', 'USD', 0, '2026-09-01');
    INSERT INTO stored_value_card (id, account_id, external_id, balance_minor, valid_from, valid_until, granted_at)
        VALUES (2, 1, 'gift', 0, '2026-09-01', '2027-09-01', '2026-09-01');
    INSERT INTO bill (account_id, cycle, currency, state, accrued, carried_in, payable_minor, dropped, carried_out,
                      paid_minor, issued_at, settled_at) VALUES
        (1, 202609, 'USD', 'settled', 12.005, 0, 1200, 0.005, 0, 1200, '2026-10-02T04:00Z', '2026-10-02T04:00Z'),
        (1, 202610, 'USD', 'accruing', 3, 0, NULL, NULL, NULL, 0, NULL, NULL),
        (4, 202609, 'USD', 'unsettled', 6, 0, 600, 0, 0, 100, '2026-10-02T04:00Z', NULL);
    INSERT INTO bill_line (account_id, cycle, product, single_month, accrued, card_paid_minor) VALUES
        (1, 202609, 'ECS', true, 12.005, 500), (1, 202610, 'ECS', true, 3, 0), (4, 202609, 'ECS', true, 6, 0);
    INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, inbox_id, booked_at)
        SELECT account_id, gen_random_uuid(), cycle, accrued, 'USD', product, to_date(cycle || '10', 'YYYYMMDD'), false,
               account_id + 2 - CASE account_id WHEN 4 THEN 1 ELSE 0 END, '2026-09-10' FROM bill_line;
    INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at) VALUES
        (1, 202609, 'close:2026-09', 'auto_write_off', 1200, 'USD', '2026-10-02T04:00Z'),
        (4, 202609, 'close:2026-09', 'auto_write_off', 100, 'USD', '2026-10-02T04:00Z');
    INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor) VALUES
        (1, 202609, 'close:2026-09', 1, 'card', 2, 500), (1, 202609, 'close:2026-09', 2, 'cash', 0, 700),
        (4, 202609, 'close:2026-09', 1, 'cash', 0, 100);
    INSERT INTO ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause,
                                 posted_at) VALUES
        (1, 'opening', 0, 'cash', 0, 10000, 'USD', 'event:1', '2026-09-01'),
        (4, 'opening', 0, 'cash', 0, 100, 'USD', 'event:4', '2026-09-01'),
        (1, 'card_grant', 0, 'card', 2, 500, 'USD', 'event:2', '2026-09-01'),
        (1, 'receivable', 202609, 'revenue', 0, 1200, 'USD', 'close:2026-09', '2026-10-02T04:00Z'),
        (4, 'receivable', 202609, 'revenue', 0, 600, 'USD', 'close:2026-09', '2026-10-02T04:00Z'),
        (1, 'card', 2, 'receivable', 202609, 500, 'USD', 'close:2026-09', '2026-10-02T04:00Z'),
        (1, 'cash', 0, 'receivable', 202609, 700, 'USD', 'close:2026-09', '2026-10-02T04:00Z'),
        (4, 'cash', 0, 'receivable', 202609, 100, 'USD', 'close:2026-09', '2026-10-02T04:00Z');
    INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at) VALUES
        (1, 'bill.settled', '{"account": "a"}', 'run:1', '2026-10-02T04:00Z');
"""
FIRST = "0001"


@pytest.fixture
def populated(postgres: PostgresForTests) -> Iterator[str]:
    """The name of a database at the first revision, with rows in it."""
    with postgres.empty_database() as name:
        assert upgrade(postgres.owner_url(name), worker_role=postgres.worker_role, to=FIRST) == FIRST
        with psycopg.connect(postgres.owner_url(name)) as connection:
            connection.execute(POPULATED.encode())
        yield name


def dumped(
    url: str, columns: dict[str, list[str]] | None = None
) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Every row of every table, or of these columns of them."""
    with psycopg.connect(url) as connection:
        query = """SELECT table_name, array_agg(CAST(column_name AS text) ORDER BY ordinal_position)
                   FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
                   WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'alembic_version'
                     AND table_name !~ '^ledger_transfer_' GROUP BY table_name"""
        found: dict[str, list[str]] = columns or dict(connection.execute(query).fetchall())
        rows = {}
        for table, names in found.items():
            read = sql.SQL("SELECT {} FROM {}").format(
                sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table)
            )
            rows[table] = sorted(connection.execute(read).fetchall(), key=repr)
    return found, rows


def faults(store: Store, at: str = "2026-10-20") -> dict[str, int]:
    report = audit(store, at=utc(at), policy=Policy())
    return {check.name: check.violations for check in report.checks if check.violations}


def test_a_populated_database_is_upgraded_with_every_row_as_it_was_and_life_goes_on(
    postgres: PostgresForTests, populated: str
) -> None:
    owner_url = postgres.owner_url(populated)
    columns, before = dumped(owner_url)
    assert all(before[table] for table in ("account", "bill", "ledger_transfer", "inbox", "outbox", "fee"))

    assert upgrade(owner_url, worker_role=postgres.worker_role) == head_revision()

    assert dumped(owner_url, columns)[1] == before
    store = Store(postgres.worker_url(populated))
    assert faults(store) == {}
    books = Books(store, at=utc("2026-10-20"))
    books.drain()
    books.until("2026-11-02T04:00")
    assert faults(store, "2026-11-02T04:00") == {}
    with store.transaction() as tx:
        bills = tx.exec_driver_sql(
            "SELECT account_id, cycle, state, paid_minor FROM bill ORDER BY 1, 2"
        ).all()
    assert [tuple(bill) for bill in bills] == [
        (1, 202609, "settled", 1200), (1, 202610, "settled", 300), (4, 202609, "settled", 600)
    ]  # fmt: skip
    store.close()


def test_a_migration_lets_go_of_its_place_in_the_queue_and_comes_through_when_the_lock_is_free(
    postgres: PostgresForTests, populated: str
) -> None:
    url = postgres.owner_url(populated)
    with psycopg.connect(url) as holder:
        holder.execute("SELECT 1 FROM bill")
        migrating = threading.Thread(
            target=upgrade,
            args=(url,),
            kwargs={"worker_role": None, "lock_timeout_s": 0.1, "tries": 300, "pause_s": 0.1},
        )
        migrating.start()
        # Whoever comes meanwhile gets through, though a migration wants the whole table.
        slowest_s, until = 0.0, time.monotonic() + 1.5
        with psycopg.connect(postgres.worker_url(populated), autocommit=True) as worker:
            while time.monotonic() < until:
                began = time.monotonic()
                worker.execute("UPDATE bill SET carried_in = carried_in")
                slowest_s = max(slowest_s, time.monotonic() - began)
        assert migrating.is_alive()
        assert slowest_s < 1.5
        holder.rollback()
        migrating.join(60)
    store = Store(url)
    with store.transaction() as tx:
        assert current_revision(tx) == head_revision()
    store.close()


def test_a_lock_that_is_never_granted_is_told_and_what_was_done_stays(
    postgres: PostgresForTests, populated: str
) -> None:
    url = postgres.owner_url(populated)
    with psycopg.connect(url) as holder:
        # The third revision is the first that changes it.
        holder.execute("SELECT 1 FROM schedule_slot")
        with pytest.raises(Unavailable, match=r"revision 0003 got no lock in 2 tries of 0\.05 s"):
            upgrade(url, worker_role=None, lock_timeout_s=0.05, tries=2, pause_s=0)
        holder.rollback()
        assert holder.execute("SELECT version_num FROM alembic_version").fetchone() == ("0002",)
    assert upgrade(url, worker_role=None) == head_revision()


# ------------------------------------------------------------------------------------------------ side by side
REVISIONS = sorted(
    path.name for path in resources.files("settlement.storage.migrations").joinpath("sql").iterdir()
)
FORBIDDEN = (
    r"\bDROP\s+(TABLE|COLUMN|TYPE|DOMAIN|FUNCTION|TRIGGER)\b",
    r"\bRENAME\b",
    r"\bSET\s+NOT\s+NULL\b",
    r"\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b",
    r"\b(DELETE\s+FROM|TRUNCATE)\b(?!\s+ON)",
    # A column that an old worker does not know must have a value without it.
    r"\bADD\s+COLUMN\s+\w+\s+(?:(?!DEFAULT|,|;).)*\bNOT\s+NULL\b(?:(?!DEFAULT|,|;).)*[,;]",
)


def statements(text: str) -> list[str]:
    """The statements of a script, without comments and bodies of functions."""
    bare = re.sub(r"\$\$.*?\$\$", "", re.sub(r"--[^\n]*", "", text), flags=re.DOTALL)
    return [f"{' '.join(one.split())};" for one in bare.split(";") if one.strip()]


@pytest.mark.parametrize("name", [name for name in REVISIONS if name > FIRST + "~"])
def test_a_revision_only_adds_so_that_old_workers_go_on(name: str) -> None:
    path = resources.files("settlement.storage.migrations").joinpath(f"sql/{name}")
    found = [
        statement
        for statement in statements(path.read_text("utf-8"))
        if any(re.search(pattern, statement, re.IGNORECASE) for pattern in FORBIDDEN)
    ]
    assert found == [], "expand now, contract a release later: docs/operating.md"


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE bill DROP COLUMN due_on;",
        "ALTER TABLE bill RENAME COLUMN due_on TO due;",
        "ALTER TABLE bill ADD COLUMN x integer NOT NULL;",
        "ALTER TABLE bill ADD COLUMN y integer NOT NULL DEFAULT 0, ADD COLUMN x integer NOT NULL CHECK (x > 0);",
        "ALTER TABLE bill ALTER COLUMN due_on SET NOT NULL;",
        "ALTER TABLE bill ALTER due_on TYPE text;",
        "DELETE FROM bill;",
    ],
)
def test_the_look_sees_what_it_looks_for(statement: str) -> None:
    assert any(re.search(pattern, statement, re.IGNORECASE) for pattern in FORBIDDEN)
    assert not any(
        re.search(pattern, "ALTER TABLE bill ADD COLUMN y integer NOT NULL DEFAULT 0;", re.IGNORECASE)
        for pattern in FORBIDDEN
    )


def test_this_program_does_a_full_month_on_a_schema_that_a_later_revision_has_added_to(
    postgres: PostgresForTests, database: str
) -> None:
    """What an old worker meets during a rollout: columns, tables and words it does not know."""
    with psycopg.connect(postgres.owner_url(database)) as connection:
        tables = [name for (name,) in connection.execute(
            """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
               AND relnamespace = CAST('public' AS regnamespace) AND relname <> 'alembic_version'"""
        )]  # fmt: skip
        for table in tables:
            connection.execute(
                sql.SQL(
                    "ALTER TABLE {} ADD COLUMN added_later integer NOT NULL DEFAULT 7, ADD COLUMN more_later text"
                ).format(sql.Identifier(table))
            )
        connection.execute("CREATE TABLE later (id bigint PRIMARY KEY)")
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    store = Store(postgres.worker_url(database))
    a_full_month(store)
    report = audit(store, at=utc("2026-11-20"), policy=Policy())
    assert {check.name: check.examples for check in report.checks if check.violations} == {}
    store.close()
    # Whoever still has the old program and migrates takes nothing back.
    assert upgrade(postgres.owner_url(database), worker_role=postgres.worker_role) == "9999"


def test_a_revision_is_known_to_be_new_enough() -> None:
    assert is_at_least(head_revision(), head_revision())
    assert is_at_least("9999", head_revision())
    assert not is_at_least("0001", head_revision())
    assert not is_at_least(None, head_revision())


@pytest.mark.usefixtures("no_settings")
def test_a_worker_refuses_an_older_schema_and_starts_on_a_newer_one(
    postgres: PostgresForTests, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        lifecycle, "settings", lambda: Settings(database_url=SecretStr(postgres.worker_url(database)))
    )

    def started_at(revision: str) -> None:
        with psycopg.connect(postgres.owner_url(database)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", [revision])
        lifecycle.refuse_an_old_schema()

    with capture_logs() as said, pytest.raises(SystemExit) as ended:
        started_at("0004")
    assert ended.value.code == 1
    assert [(line["log_level"], line["revision"], line["needed"]) for line in said] == [
        ("critical", "0004", head_revision())
    ]
    assert "settle db migrate" in said[0]["event"]
    started_at(head_revision())
    started_at("9999")


@pytest.mark.usefixtures("no_settings")
def test_a_worker_starts_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = SecretStr("postgresql://x@127.0.0.1:1/x")
    monkeypatch.setattr(lifecycle, "settings", lambda: Settings(database_url=nowhere))
    with capture_logs() as said:
        lifecycle.refuse_an_old_schema()
    assert [line["log_level"] for line in said] == ["warning"]

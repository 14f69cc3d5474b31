"""What the audit reports, and that it finds nothing where nothing is wrong. Rule: R11.*."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, text

from settlement.audit import catalogue
from settlement.audit.catalogue import Faults, find
from settlement.model.policies.policy import Policy
from settlement.operations.reports.audit import BEGIN_FIRST, AuditReport, CheckResult, audit, check_names
from settlement.storage.store import Store
from tests.support.books import Tampered, utc
from tests.support.full_month import a_full_month
from tests.support.servers import PostgresForTests

AUDITED_AT = utc("2026-11-20")


@pytest.fixture(scope="module")
def month(postgres: PostgresForTests) -> Iterator[tuple[str, str]]:
    """The full month: URLs of its database as the worker's role and as the owner. Nothing in it may be changed."""
    with postgres.database() as name:
        store = Store(postgres.worker_url(name))
        a_full_month(store)
        store.close()
        yield postgres.worker_url(name), postgres.owner_url(name)


def audited(store: Store, *, policy: Policy | None = None) -> AuditReport:
    return audit(store, at=AUDITED_AT, policy=policy or Policy())


def found(report: AuditReport) -> dict[str, int]:
    return {check.name: check.violations for check in report.checks if check.violations}


def result(report: AuditReport, name: str) -> CheckResult:
    return next(check for check in report.checks if check.name == name)


# As its event would have, but without the write-off that follows.
SWITCHED_ON = """UPDATE account SET auto_write_off_enabled = true WHERE external_id = 'away';
    INSERT INTO inbox (source, event_id, type, account, data, state, finished_at)
    VALUES ('s', 'on', 'account_changed', 'away', '{"auto_write_off": true}', 'done', now())"""


def test_books_in_order_give_no_violation(store: Store) -> None:
    report = audited(store)

    assert found(report) == {}
    assert report.violations == 0
    assert (report.sizes.accounts, report.sizes.bills) == (9, 11)
    assert tuple(check.name for check in report.checks) == check_names()


def test_an_empty_database_gives_no_violation(database_url: str) -> None:
    store = Store(database_url)
    assert audited(store).violations == 0
    store.close()


def test_progress_is_told_check_by_check(store: Store) -> None:
    heard: list[tuple[str, int, int]] = []
    audit(store, at=AUDITED_AT, policy=Policy(), on_check=lambda *told: heard.append(told))

    names = check_names()
    assert [(number, total) for _, number, total in heard] == [
        (number, len(names)) for number in range(len(names))
    ]
    assert sorted(name for name, _, _ in heard) == sorted(names)


def test_the_longest_checks_begin_first(store: Store) -> None:
    began: list[str] = []
    audit(store, at=AUDITED_AT, policy=Policy(), on_check=lambda name, *_: began.append(name))

    assert tuple(began[: len(BEGIN_FIRST)]) == BEGIN_FIRST
    assert began[len(BEGIN_FIRST) :] == [name for name in check_names() if name not in BEGIN_FIRST]


def test_several_sessions_find_the_same_on_the_instant_of_the_first(month: tuple[str, str]) -> None:
    worker_url, owner_url = month
    store = Store(worker_url)
    began: list[str] = []

    def tampering(name: str, _number: int, _total: int) -> None:
        """After the first check began, what others commit is not seen by any session."""
        if not began:
            with psycopg.connect(owner_url) as connection:
                connection.execute("UPDATE account SET cash_minor = cash_minor + 1")
        began.append(name)

    report = audit(store, at=AUDITED_AT, policy=Policy(), sessions=3, on_check=tampering)
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE account SET cash_minor = cash_minor - 1")
    store.close()

    assert report.violations == 0
    assert tuple(check.name for check in report.checks) == check_names()
    assert sorted(began) == sorted(check_names())


@pytest.mark.parametrize("sessions", [1, 2])
def test_every_session_makes_its_sums_of_sorted_rows(
    month: tuple[str, str], monkeypatch: pytest.MonkeyPatch, sessions: int
) -> None:
    store = Store(month[0])
    asked: dict[int, set[str]] = {}

    def noting(tx: Connection, **question: Any) -> Faults:
        ways = asked.setdefault(tx.scalar(text("SELECT pg_backend_pid()")) or 0, set())
        ways.add(tx.scalar(text("SHOW enable_hashagg")) or "")
        return find(tx, **question)

    monkeypatch.setattr(catalogue, "find", noting)
    audit(store, at=AUDITED_AT, policy=Policy(), sessions=sessions)
    store.close()

    assert len(asked) == sessions
    assert set().union(*asked.values()) == {"off"}


def test_a_disabled_guard_is_found(books: Tampered) -> None:
    books.connection.exec_driver_sql("ALTER TABLE ledger_transfer DISABLE TRIGGER append_only")

    report = audited(books)

    # The table with each of its partitions, and nothing else.
    assert list(found(report)) == ["append_only"]
    assert found(report)["append_only"] > 4


def test_an_example_names_the_account_and_both_figures(books: Tampered) -> None:
    books.plant("UPDATE account SET cash_minor = cash_minor + 5 WHERE external_id = 'dinar'")

    check = result(audited(books), "cash_balance")

    assert check.violations == 1
    assert check.examples == ({"account": "dinar", "stored": "8.770 KWD", "entries": "8.765 KWD"},)


def test_at_most_twenty_examples_but_every_violation_counted(books: Tampered) -> None:
    books.plant(
        "INSERT INTO account (id, external_id, currency, cash_minor, opened_at) "
        "SELECT 10000 + n, 'extra-' || n, 'USD', 100, now() FROM generate_series(1, 30) AS n"
    )

    check = result(audited(books), "cash_balance")

    assert (check.violations, len(check.examples)) == (30, 20)


@pytest.mark.parametrize(
    "reason",
    [
        """UPDATE account SET parked_at = now(), parked_reason = 'odd' WHERE external_id = 'away';
        INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
        VALUES (pg_temp.of('away'), 'account.parked', '{}', 'x', now())""",
        """UPDATE account SET frozen_minor = 500 WHERE external_id = 'away';
        INSERT INTO inbox (source, event_id, type, account, data, state, finished_at)
        VALUES ('s', 'frozen', 'account_changed', 'away', '{"frozen_amount": "5.00"}', 'done', now())""",
    ],
    ids=["parked", "frozen"],
)
def test_work_is_not_missed_where_something_forbids_it(books: Tampered, reason: str) -> None:
    books.plant(f"{SWITCHED_ON};\n{reason}")

    assert found(audited(books)) == {}


def test_missed_work_says_what_would_be_paid(books: Tampered) -> None:
    books.plant("UPDATE account SET auto_write_off_enabled = true WHERE external_id = 'away'")

    check = result(audited(books), "missed_work")

    assert check.examples == ({"account": "away", "cycle": "2026-10", "would_pay": "5.00 USD"},)


def test_a_bill_that_may_not_be_paid_in_part_is_no_missed_work(books: Tampered) -> None:
    books.plant(SWITCHED_ON)

    assert found(audited(books, policy=Policy(partial_write_off=False))) == {}


def test_the_audit_waits_for_no_lock(store: Store, books: Tampered) -> None:
    books.connection.exec_driver_sql("SELECT 1 FROM account FOR UPDATE")

    assert audited(store).violations == 0

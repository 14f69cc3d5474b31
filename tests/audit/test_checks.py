"""The audit finds every kind of fault, and every lie that the worker's role can write. Rule: R11.*."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from settlement.model.policies.policy import Policy
from settlement.operations.reports.audit import audit, check_names
from settlement.storage.store import Store
from tests.support.books import tampered, utc
from tests.support.full_month import a_full_month
from tests.support.servers import PostgresForTests

CHECKS = Path(__file__).with_name("checks")


@pytest.fixture(scope="module")
def month(postgres: PostgresForTests) -> Iterator[tuple[str, str]]:
    """The full month: URLs of its database as the worker's role and as the owner. Nothing in it may be changed."""
    with postgres.database() as name:
        store = Store(postgres.worker_url(name))
        a_full_month(store)
        store.close()
        yield postgres.worker_url(name), postgres.owner_url(name)


def planted(kind: str) -> list[tuple[str, str]]:
    """Every fault, or lie, of the files beside this one, with the check that must find it."""
    pattern = re.compile(rf"^-- {kind}: (\w+)[^\n]*\n(.*?)(?=^--|\Z)", re.DOTALL | re.MULTILINE)
    return [found for path in sorted(CHECKS.glob("*.sql")) for found in pattern.findall(path.read_text())]


def found(store: Store) -> set[str]:
    """The checks that find something."""
    report = audit(store, at=utc("2026-11-20"), policy=Policy())
    return {check.name for check in report.checks if check.violations}


@pytest.mark.parametrize(("check", "fault"), [pytest.param(*one, id=one[0]) for one in planted("fault")])
def test_a_planted_fault_is_found(month: tuple[str, str], check: str, fault: str) -> None:
    with tampered(month[1]) as books:
        books.plant(fault)

        assert check in found(books)


@pytest.mark.parametrize(("check", "lie"), [pytest.param(*one, id=one[0]) for one in planted("lie")])
def test_a_lie_of_the_workers_role_is_found(month: tuple[str, str], check: str, lie: str) -> None:
    with tampered(month[0]) as books:
        books.write(lie)

        assert check in found(books)


def test_every_check_has_a_planted_fault() -> None:
    assert {check for check, _ in planted("fault") + planted("lie")} == set(check_names())

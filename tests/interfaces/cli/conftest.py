"""`settle` called as a program would be, on a database of the test's own, copied from one of four stages."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from interfaces.cli.main import run
from settlement.model.policies.policy import Policy
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.inbox.receive import receive_events
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.tick import run_due
from settlement.storage.store import Store
from tests.support.servers import PostgresForTests

STAGES = ("issued", "fees", "accounts", "empty")
BEFORE = datetime(2026, 10, 20, tzinfo=UTC)
ISSUED = datetime(2026, 11, 2, 4, tzinfo=UTC)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Cli:
    """Runs commands. `nudges` are the messages that would have gone to the workers."""

    capture: pytest.CaptureFixture[str]
    database_url: str
    owner_url: str
    nudges: list[tuple[Any, ...]] = field(default_factory=list)

    def __call__(self, *arguments: str, code: int = 0) -> Answer:
        """Runs `settle` and checks its exit code."""
        ended = run(arguments)
        printed = self.capture.readouterr()
        answer = Answer(ended, printed.out, printed.err)
        assert answer.code == code, answer
        return answer

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Runs `settle ... --json` and parses what it printed."""
        return json.loads(self(*arguments, "--json", code=code).out)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Looks into the database."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query).fetchall()

    def as_owner(self, statement: str) -> None:
        """Changes the database as the role that owns its tables."""
        with psycopg.connect(self.owner_url) as connection:
            connection.execute(statement)


@pytest.fixture
def environment(
    no_settings: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str, str], None]:
    """Sets a variable for the commands of this test; none is set before, and they run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SETTLE_STATE_DIR", str(tmp_path / "state"))
    return monkeypatch.setenv


@pytest.fixture(scope="session")
def stages(postgres: PostgresForTests) -> Iterator[dict[str, str]]:
    """Four databases, each a stage further: empty, with accounts, with October's fees, with October issued."""
    made: dict[str, str] = {}
    template = postgres.template
    for stage in reversed(STAGES):
        made[stage] = f"{postgres.template}_cli_{stage}"
        _copy(postgres, template, made[stage])
        store = Store(postgres.worker_url(made[stage]))
        _MAKE[stage](store)
        store.close()
        template = made[stage]
    yield made
    for name in made.values():
        postgres.drop(name)


@pytest.fixture
def cli(
    environment: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    postgres: PostgresForTests,
    stages: dict[str, str],
    request: pytest.FixtureRequest,
) -> Iterator[Cli]:
    """`settle` on a database of the furthest stage that the test asks for."""
    stage = next((stage for stage in STAGES if stage in request.fixturenames), "empty")
    name = stages[stage]
    if "unchanged" not in request.fixturenames:
        name = f"{postgres.template}_cli_{next(_numbers)}"
        _copy(postgres, stages[stage], name)
    called = Cli(capsys, postgres.worker_url(name), postgres.owner_url(name))
    environment("SETTLE_DATABASE_URL", called.database_url)
    environment("SETTLE_MIGRATION_URL", called.owner_url)
    environment("SETTLE_TEST_CLOCK", "1")
    monkeypatch.setattr(
        "interfaces.cli.nudges._send", lambda _runtime, *message: called.nudges.append(message)
    )
    yield called
    if name != stages[stage]:
        postgres.drop(name)
    else:
        # A command may have proposed the settings of its environment; the next test's may be others.
        called.as_owner("ALTER TABLE settings_version DISABLE TRIGGER USER")
        called.as_owner("TRUNCATE settings_version")
        called.as_owner("ALTER TABLE settings_version ENABLE TRIGGER USER")


@pytest.fixture
def unchanged() -> None:
    """For tests whose commands write nothing: they share the database of their stage, which spares a copy."""


@pytest.fixture
def accounts(cli: Cli) -> Cli:
    """Three accounts: `acme:eu` with 100.00 USD, `beta` with a limit and no money, `gamma` with 5000 JPY."""
    return cli


@pytest.fixture
def fees(cli: Cli) -> Cli:
    """October's fees as well: 30.1234567 USD for `acme:eu`, 60 USD for `beta`, 1200 JPY for `gamma`."""
    return cli


@pytest.fixture
def issued(cli: Cli) -> Cli:
    """October is issued as well: `acme:eu` and `gamma` have paid, `beta` could not."""
    return cli


@pytest.fixture
def overdue(fees: Cli) -> Cli:
    """October of `beta`, 60.00 USD, was due on 5 November; it is the 8th, and nobody has paid."""
    fees("terms", "agree", "beta", "--from", "2026-10", "--days", "3")
    fees("clock", "set", "2026-11-08T09:00", "--run")
    return fees


def _copy(postgres: PostgresForTests, template: str, name: str) -> None:
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _event(event_type: str, account: str, data: dict[str, Any]) -> dict[str, Any]:
    event_id = f"{event_type}:{account}"
    return {"source": "stage", "event_id": event_id, "type": event_type, "account": account, "data": data}


def _bring(store: Store, *events: dict[str, Any]) -> None:
    receive_events(store, events, ingress="sql")
    drained = drain_all(store, clock=lambda: BEFORE, policy=Policy(), limits=DrainLimits())
    assert (drained.events, drained.refused) == (len(events), 0)


def _make_empty(store: Store) -> None:
    _set_clock(store, BEFORE)


def _make_accounts(store: Store) -> None:
    limit = {"currency": "USD", "credit_limit": "100", "credit_control": True}
    _bring(
        store,
        _event("account_opened", "acme:eu", {"currency": "USD", "opening_cash": "100.00"}),
        _event("account_opened", "beta", limit),
        _event("account_opened", "gamma", {"currency": "JPY", "opening_cash": "5000"}),
    )


def _make_fees(store: Store) -> None:
    def fee(account: str, amount: str, currency: str) -> dict[str, Any]:
        used = {"id": "1", "product": "compute", "incurred_at": "2026-10-03T00:00:00Z"}
        return _event("fees", account, {"fees": [{"amount": amount, "currency": currency, **used}]})

    _bring(store, fee("acme:eu", "30.1234567", "USD"), fee("beta", "60", "USD"), fee("gamma", "1200", "JPY"))


def _make_issued(store: Store) -> None:
    _set_clock(store, ISSUED)
    run_due(
        store,
        clock=lambda: ISSUED,
        policy=Policy(),
        drain_limits=DrainLimits(),
        month_close_limits=MonthCloseLimits(),
    )


def _set_clock(store: Store, at: datetime) -> None:
    from settlement.storage.work import test_clock

    with store.transaction() as tx:
        test_clock.move(tx, at)


_MAKE = {"empty": _make_empty, "accounts": _make_accounts, "fees": _make_fees, "issued": _make_issued}

"""Servers for the whole session, a database for each test that asks for one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from sandbox.local.block import broker_server
from tests.support.servers import PostgresForTests, postgres_for_tests

pytest_plugins = [
    "tests.support.brokers", "tests.support.browser.fixtures", "tests.support.order", "tests.support.shared_database",
]  # fmt: skip

# How long drawing an example takes says something about the machine and nothing about the code.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Each test starts with logging as nothing has configured it, whichever test of its process ran before."""
    _forget_logging()
    yield
    _forget_logging()


def _forget_logging() -> None:
    if not structlog.is_configured():
        return
    structlog.reset_defaults()
    # A module's logger that was used under such a configuration keeps it for good.
    for module in list(sys.modules.values()):
        log = vars(module).get("log")
        if isinstance(log, type(structlog.get_logger())):
            vars(log).pop("bind", None)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresForTests]:
    """A real PostgreSQL with a migrated template database."""
    with postgres_for_tests(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Valkey."""
    with broker_server(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
def database(postgres: PostgresForTests) -> Iterator[str]:
    """The name of a fresh, migrated database."""
    with postgres.database() as name:
        yield name


@pytest.fixture
def database_url(postgres: PostgresForTests, database: str) -> str:
    """The test's database as the worker's role."""
    return postgres.worker_url(database)


@pytest.fixture
def owner_url(postgres: PostgresForTests, database: str) -> str:
    """The test's database, the same one, as the role that owns its tables."""
    return postgres.owner_url(database)


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without any variable of ours."""
    for name in list(os.environ):
        if name.upper().startswith("SETTLE_"):
            monkeypatch.delenv(name)

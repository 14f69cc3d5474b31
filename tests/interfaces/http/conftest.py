"""The API called as a program would call it, over a store of the test's own; events are handled when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from config.settings import Settings
from interfaces.http.api.routes import build_api, routes
from interfaces.http.app import build_app
from interfaces.http.console.routes import console_routes
from settlement.model.policies.senders import Scope
from settlement.operations.inbox.drain import drain_all
from settlement.operations.inbox.senders import create_key, register_sender
from tests.support.running.loopback import served
from tests.support.servers import PostgresForTests
from tests.support.shared_database import empty
from worker.runtime import Runtime, build_runtime


@dataclass
class Caller:
    """A program with a key."""

    client: httpx.Client
    key: str

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.request(
            method, f"/v1{path}", json=json, headers={"Authorization": f"Bearer {self.key}"} | named
        )


@dataclass
class Server:
    """A server of the API. `nudges` counts how often the workers would have been woken."""

    runtime: Runtime
    client: httpx.Client
    nudges: list[None]

    def caller(
        self,
        source: str = "crm",
        *scopes: Scope,
        types: list[str] | None = None,
        accounts: list[str] | None = None,
    ) -> Caller:
        """A program of this sender, with a new key."""
        register_sender(self.runtime.store, source, event_types=types, accounts=accounts)
        key = create_key(self.runtime.store, source, scopes or ("send", "read", "operate"))
        return Caller(self.client, key.text)

    def work(self) -> None:
        """Handles what waits, as a worker would."""
        runtime = self.runtime
        drain_all(runtime.store, clock=runtime.now, policy=runtime.policy, limits=runtime.drain_limits)


@pytest.fixture
def make_server(
    postgres: PostgresForTests, shared_database: str, shared_owner_url: str
) -> Iterator[Callable[..., Server]]:
    """Makes servers over the emptied shared database."""
    with ExitStack() as running:
        yield lambda **settings: running.enter_context(
            _serving(postgres.worker_url(shared_database), settings)
        )


@pytest.fixture(scope="module")
def module_server(
    postgres: PostgresForTests, shared_database: str, emptying: psycopg.Connection
) -> Iterator[Server]:
    """One server for the tests of a module, over the shared database, emptied before the first of them."""
    empty(emptying)
    with _serving(postgres.worker_url(shared_database), {"test_clock": True}) as running:
        yield running


@contextmanager
def _serving(url: str, settings: dict[str, Any]) -> Iterator[Server]:
    runtime = build_runtime(Settings(database_url=SecretStr(url), **settings))
    nudges: list[None] = []
    api = build_api(runtime, on_accepted=lambda: nudges.append(None))
    app = build_app(runtime, on_stored=lambda: None, api=[*routes(api), *console_routes(api)])
    with (
        closing(runtime),
        served(app) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Server(runtime, client, nudges)


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    """A server of the API."""
    return make_server()

"""The console over a month in which everything happens, with users of every role, and a browser that looks at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from settlement.operations import test_clock, users
from tests.interfaces.http.conftest import Server
from tests.support.browser.opened import visitors
from tests.support.console.month import PASSWORD, ROLES, a_month, one_of_each
from tests.support.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass
class Office:
    """A server with the console, the world behind it, and a worker that handles what people send."""

    server: Server
    world: World
    stopped: threading.Event = field(default_factory=threading.Event)
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"{self.server.client.base_url}/console".replace("//console", "/console")

    def client(self, role: str) -> httpx.Client:
        """Somebody of this role, signed in, with the guard of their forms."""
        client = httpx.Client(base_url=self.server.client.base_url, timeout=60)
        self.clients.append(client)
        response = client.post("/console/login", data={"name": role, "password": PASSWORD})
        assert response.status_code == 303, response.text
        return client

    def handled(self) -> None:
        """Waits until everything that came is handled."""
        until = time.monotonic() + 30
        while self.world.one("SELECT count(*) FROM inbox WHERE state = 'waiting'"):
            assert time.monotonic() < until
            time.sleep(0.05)

    def work(self) -> None:
        """Handles what comes, until it is stopped."""
        while not self.stopped.wait(0.05):
            # The world handles what it sends itself; half handled by two, it would go on before the other had ended.
            with self.world.alone:
                self.server.work()


@pytest.fixture
def make_office(make_server: Callable[..., Server], world: World) -> Iterator[Callable[..., Office]]:
    """Opens the office, once the world is as the test wants it."""
    opened: list[tuple[Office, threading.Thread]] = []

    def make(**settings: Any) -> Office:
        server = make_server(test_clock=True, **settings)
        test_clock.move(world.store, world.now)
        for role in ROLES:
            users.add_user(world.store, role, role, PASSWORD)  # type: ignore[arg-type]
        office = Office(server, world)
        thread = threading.Thread(target=office.work)
        thread.start()
        opened.append((office, thread))
        return office

    yield make
    for office, thread in opened:
        office.stopped.set()
        for client in office.clients:
            client.close()
        thread.join()


@pytest.fixture
def office(make_office: Callable[..., Office], world: World) -> Office:
    """The office over a head office with members, bills paid, paid in part and unpaid."""
    a_month(world)
    return make_office()


@pytest.fixture
def things(world: World) -> dict[str, str]:
    """One of each thing that has a page: what stands for the names in their addresses."""
    return one_of_each(world)


@pytest.fixture
def page_as(browser: Browser, office: Office) -> Iterator[Callable[..., Page]]:
    """Pages of somebody signed in."""
    with visitors(browser) as visit:
        yield lambda role="finance", **options: visit(office.url, role, **options)

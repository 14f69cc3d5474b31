"""The console over a month in which everything happens, with users of every role, and a browser that looks at it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from settlement.model.gateway.charges import TryLater
from settlement.model.policies.approvals import NewRequest
from settlement.operations import test_clock, users
from settlement.operations.approvals import request_approval
from settlement.operations.inbox import senders
from settlement.operations.inbox.relay import relay
from settlement.operations.webhooks import endpoints
from tests.interfaces.http.conftest import Server
from tests.support.browser.install import find
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import charged, reference, refund
from tests.support.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery"
ROLES = ("viewer", "finance", "operator", "admin")
# In the middle of November: the bills of October are issued.
NOW = "2026-11-15 09:00"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


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


def a_month(world: World) -> None:
    """October, closed on 2 November: of each kind of bill one."""
    world.open("acme-hq", "acme-east", "acme-west", "solo")
    world.open("creditor", credit_control=True, credit_limit="500.00")
    world.tie("acme-hq", "acme-east", "acme-west")
    world.send(
        "card_activated", "solo", card="gift-1", amount="20.00", currency="USD",
        valid_from="2026-10-01T00:00:00Z", valid_until="2027-10-01T00:00:00Z",
    )  # fmt: skip
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "solo", **card)
    for account, amount in (
        ("acme-east", "120.50"),
        ("acme-west", "80.25"),
        ("solo", "64.10"),
        ("creditor", "310"),
    ):
        world.fee(account, amount)
        world.fee(account, "7.77", product="OSS")
    world.top_up("acme-hq", "150.00")
    world.top_up("acme-east", "20.00")
    world.at("2026-11-02 04:30").tick()
    world.send(
        "payment_term_agreed", "creditor", from_cycle="2026-10", period_days=10, settlement_cycle="monthly"
    )
    world.at(NOW)
    world.tick()


class SilentGateway(FakeGateway):
    """It may take money or give it back or not; nobody ever hears. While it is not `silent`, charges are heard of."""

    silent = True

    def charge(self, request: Any) -> Any:
        self.loses = 1 if self.silent else 0
        return super().charge(request)

    def find(self, request: Any) -> Any:
        return TryLater("no search today")

    def refund(self, request: Any) -> Any:
        self.loses_refunds = 1
        return super().refund(request)

    def find_refund(self, request: Any) -> Any:
        return TryLater("no search today")


# What stands for the names in an address.
_NAMES = {
    "{account}": "solo", "{cycle}": "2026-10", "{action}": "top-up", "{main}": "acme-hq", "{settlement}": "october",
    "{run:int}": "1", "{operation:int}": "1", "{request:int}": "1", "{endpoint}": "crm", "{source}": "crm",
    "{code}": "unknown_account",
}  # fmt: skip


@pytest.fixture
def things(world: World) -> dict[str, str]:
    """One of each thing that has a page, beside those of a month: what stands for the names in their addresses."""
    endpoints.add_endpoint(world.store, "crm", "https://crm.example/hook")
    gateway = SilentGateway()
    gateway.silent = False
    charged(world, gateway, "charged")
    refund(world, "10.00", "charged")
    world.give_back(gateway)
    gateway.silent = True
    charged(world, gateway, "doubtful")
    a_month(world)
    world.send(
        "unified_settlement_created",
        "acme-hq",
        settlement="october",
        accounts=["acme-east"],
        cycles=["2026-10"],
    )
    world.top_up("late", "1.00")
    while relay(world.store, lambda _: None, limit=1_000):
        pass
    senders.register_sender(world.store, "crm")
    key = senders.create_key(world.store, "crm", ["read"])
    users.add_user(world.store, "maker", "finance", PASSWORD)
    figures = [["pays 1 bill at once", 100, "USD"]]
    data = {"amount": "1.00", "currency": "USD"}
    wanted = NewRequest("x" * 24, "maker", "finance", "refund", "solo", data, "agreed", 100, "USD", figures)
    request_approval(world.store, wanted, lasts=timedelta(days=1))
    in_doubt = world.one("SELECT CAST(reference AS text) FROM charge_attempt WHERE state = 'unknown'")
    delivery = world.one("SELECT min(outbox_id) FROM webhook_delivery")
    return {
        **_NAMES, "{charge}": str(in_doubt), "{refund}": reference(world, "charged"), "{key}": key.id,
        "{delivery:int}": str(delivery),
    }  # fmt: skip


def at(path: str, names: dict[str, str]) -> str:
    """The address of a thing that is there."""
    for name, value in names.items():
        path = path.replace(name, value)
    assert "{" not in path, path
    return f"/console{path}"


# Of a file, since while it is open an event loop runs, in which other files' tests could start none of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file's tests of pages; without one they are skipped, except where CI wants them."""
    found = find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no browser: python tests/support/browser/install.py")
        pytest.skip("no browser: python tests/support/browser/install.py, or SETTLE_BROWSER")
    from playwright.sync_api import sync_playwright

    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
    ]
    with sync_playwright() as playwright:
        it = playwright.chromium.launch(
            executable_path=found.executable, args=arguments, env={**os.environ, **found.environment}
        )
        yield it
        it.close()


@pytest.fixture
def page_as(browser: Browser, office: Office) -> Iterator[Callable[..., Page]]:
    """Pages of somebody signed in. That they ask nobody else, and no script fails, is checked at the end."""
    strangers: list[str] = []
    faults: list[str] = []
    contexts: list[Any] = []

    def make(role: str = "finance", *, viewport: dict[str, int] = WIDE, **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, locale="en-US", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda request: strangers.append(request.url) if "127.0.0.1" not in request.url else None,
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{office.url}/login")
        page.get_by_label("Name").fill(role)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console")
        return page

    yield make
    for context in contexts:
        context.close()
    assert strangers == []
    assert faults == []

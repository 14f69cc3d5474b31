"""What the messages of the queue `collection` make a worker do, on a real database. Rule: R5.4, R5.5, R5.6, R5.7."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from config.settings import load_settings
from settlement.errors import Busy, Misconfigured, Unavailable
from settlement.gateways.sandbox import SandboxGateway
from settlement.model.gateway.charges import ChargeOutcome, GatewayRequest
from settlement.model.gateway.refund_calls import RefundOutcome, RefundRequest
from settlement.storage.store import Store
from settlement.storage.work import test_clock as clock
from tasks import collection
from tests.support.gateways.webhooks_in import Sender, in_doubt, kept, tell
from tests.support.world import World
from worker import budget, gateway_calls, runtime, shutdown
from worker.runtime import Runtime, build_runtime

BATCH = 2
Install = Callable[..., Runtime]


@pytest.fixture
def install(
    shared_url: str, world: World, monkeypatch: pytest.MonkeyPatch, no_settings: None
) -> Iterator[Install]:
    """Gives this process a runtime over the world's database, with the world's clock, and with what a test says."""
    made: list[Runtime] = []

    def give(gateway: Any = None, **settings: str) -> Runtime:
        given = {"DATABASE_URL": shared_url, "TEST_CLOCK": "1", "COLLECTION__BATCH": str(BATCH)}
        for name, value in (given | settings).items():
            monkeypatch.setenv(f"SETTLE_{name}", value)
        rt = build_runtime(load_settings())
        if gateway is not None:
            rt = dataclasses.replace(rt, gateways={gateway.name: gateway})
        made.append(rt)
        monkeypatch.setattr(runtime, "_runtime", rt)
        set_clock(world, world.now)
        return rt

    yield give
    for rt in made:
        rt.close()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    captured = CapturingLogger()
    monkeypatch.setattr(collection, "log", captured)
    return captured


@pytest.fixture(autouse=True)
def audited(world: World) -> Iterator[None]:
    """Whatever a task does, the books add up at the end."""
    yield
    assert world.faults() == 0


def set_clock(world: World, at: datetime) -> None:
    world.now = at
    with world.store.transaction() as tx:
        clock.move(tx, at)


def owing(world: World, *names: str, token: str = "ok") -> None:
    """Accounts over their threshold; their charges wait to be sent."""
    plain = {"method": "m", "kind": "bank_card", "gateway": "sandbox"}
    world.open(*names)
    for name in names:
        world.send("payment_method_added", name, method_token=f"{token}_{name}", **plain)
        world.fee(name, "1000")
    assert world.refused() == []


def states(world: World) -> list[str]:
    return [
        row[0]
        for row in world.rows(
            "SELECT CAST(state AS text) FROM charge_attempt ORDER BY account_id, attempt_no"
        )
    ]


class Watched(SandboxGateway):
    """The sandbox; `before` is called before each charge and may raise."""

    def __init__(self, before: Callable[[int], object] = lambda _: None) -> None:
        self.before = before
        self.charged: list[str] = []

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        self.charged.append(request.account)
        self.before(len(self.charged))
        return super().charge(request)


# --------------------------------------------------------------------------------------------- send
def test_sending_goes_on_until_nothing_waits_and_says_how_much_it_did(world, install, log):
    owing(world, *"abcde")
    install()
    collection.send()
    assert states(world) == ["succeeded"] * 5
    assert {call.args for call in log.calls} == {("gateways called",)}
    assert sum(call.kwargs["calls"] for call in log.calls) == 5
    log.calls.clear()
    collection.send()
    assert log.calls == [], "nothing to do is nothing to say"


def test_an_answer_that_was_lost_is_asked_for_when_its_time_has_come(world, install):
    owing(world, "a", token="lost")
    install()
    collection.send()
    assert states(world) == ["unknown"]
    set_clock(world, world.now + timedelta(seconds=59))
    collection.send()
    assert states(world) == ["unknown"]
    set_clock(world, world.now + timedelta(seconds=1))
    collection.send()
    assert states(world) == ["succeeded"]


def test_payment_methods_are_checked_too(world, install):
    world.open("a")
    world.send(
        "payment_method_added", "a", method="pp", kind="paypal", gateway="sandbox", method_token="ok",
        threshold="8.00", currency="USD",
    )  # fmt: skip
    world.send("product_activated", "a", product="ECS")
    install()
    collection.send()
    assert world.one("SELECT state FROM pre_authorization") == "voided"
    assert world.announced("product.") == ["product.activation"]


def test_a_worker_that_is_asked_to_stop_sends_no_further_batch(world, install):
    owing(world, *"abcde")
    gateway = Watched(lambda _: shutdown.request())
    install(gateway)
    try:
        collection.send()
        assert len(gateway.charged) == BATCH
        assert states(world).count("waiting") == 3
        collection.send()
        assert len(gateway.charged) == BATCH, "it takes up nothing any more"
    finally:
        shutdown.clear()
    gateway.before = lambda _: None
    collection.send()
    assert states(world) == ["succeeded"] * 5


def test_a_message_takes_no_more_time_than_it_has(world, install, monkeypatch):
    """A third of the time after which the broker hands it out again; here that is used up by one charge."""
    owing(world, *"abcde")
    passed_s = [0.0]
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: passed_s[0]))

    def takes_a_minute(_: int) -> None:
        passed_s[0] += 60

    gateway = Watched(takes_a_minute)
    install(gateway, LIMITS__VISIBILITY_TIMEOUT_S="180")
    collection.send()
    assert len(gateway.charged) == BATCH
    assert states(world).count("waiting") == 3


def test_where_the_rate_limit_is_used_up_it_waits_and_goes_on(world, install, monkeypatch):
    owing(world, *"abcdef")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        """As if a minute had passed."""
        pauses.append(seconds)
        with world.store.transaction() as tx:
            tx.exec_driver_sql("UPDATE gateway_pace SET next_at = next_at - interval '1 minute'")

    monkeypatch.setattr(gateway_calls, "pause", pause)
    install(GATEWAYS__SANDBOX_PER_S="0.02", COLLECTION__BATCH="10")
    collection.send()
    assert states(world) == ["succeeded"] * 6
    assert set(pauses) == {gateway_calls.RATE_LIMITED_S}


def test_a_gateway_that_refuses_our_set_up_is_said_once_and_nothing_is_lost(world, install, log):
    def refuse(_: int) -> None:
        raise Misconfigured("no such key")

    owing(world, *"ab")
    gateway = Watched(refuse)
    install(gateway)
    collection.send()
    errors = [call for call in log.calls if call.method_name == "error"]
    assert [call.kwargs for call in errors] == [{"reason": "no such key"}]
    assert states(world) == ["waiting", "waiting"]
    gateway.before = lambda _: None
    set_clock(world, world.now + timedelta(minutes=1))
    collection.send()
    assert states(world) == ["succeeded", "succeeded"]


# --------------------------------------------------------------------------------------------- look
def test_looking_follows_up_a_decline_and_sends_what_comes_of_it(world, install, log):
    owing(world, "a", token="declined")
    install()
    collection.check_accounts()
    assert states(world) == ["declined"]
    set_clock(world, world.now + timedelta(days=7))
    collection.check_accounts()
    assert states(world) == ["declined", "declined"]
    set_clock(world, world.now + timedelta(days=8))
    collection.check_accounts()
    assert states(world) == ["declined", "declined", "declined"], "the try that was missed comes first"
    collection.check_accounts()
    assert world.announced("account.")[-1] == "account.suspended"
    looked = [call.kwargs for call in log.calls if call.args == ("accounts looked at for collecting",)]
    assert {"accounts": 1} in looked


def test_looking_at_nothing_says_nothing(world, install, log):
    install()
    collection.check_accounts()
    assert log.calls == []


# --------------------------------------------------------------------------------------------- hints
def test_webhooks_are_worked_on_batch_after_batch(world, install):
    gateway = Sender()
    references = in_doubt(world, gateway, *"abcde")
    for name, reference in references.items():
        tell(world, gateway, f"e-{name}", reference=reference, ref=gateway.books[reference].gateway_ref)
    install(gateway)
    collection.read_notifications()
    assert states(world) == ["succeeded"] * 5
    assert {state for _, state, _, _ in kept(world)} == {"done"}


def test_webhooks_wait_for_a_worker_that_is_not_asked_to_stop(world, install):
    gateway = Sender()
    tell(world, gateway, ref="g-1")
    install(gateway)
    shutdown.request()
    try:
        collection.read_notifications()
    finally:
        shutdown.clear()
    assert kept(world)[0][1] == "waiting"
    collection.read_notifications()
    assert kept(world)[0][1] == "ignored"


# --------------------------------------------------------------------------------------------- reconcile
def test_days_that_are_over_are_compared_where_there_are_books(world, install, log):
    gateway = Sender()
    in_doubt(world, gateway, "a")
    world.at("2026-10-06 23:00")
    install(gateway)
    collection.reconcile()
    rows = world.rows("SELECT gateway, CAST(day AS text) FROM reconciliation")
    assert ("sandbox", "2026-10-05") in rows
    assert states(world) == ["succeeded"], "what was taken after all is booked"
    assert {call.args for call in log.calls} == {("reconciled",)}


def test_an_account_that_is_locked_keeps_no_other_gateway_from_being_compared(install, monkeypatch):
    def compare(_store, gateways, **_):
        compared.extend(gateways)
        if "first" in gateways:
            raise Busy("an account was not free")
        yield from ()

    compared: list[str] = []
    rt = install(Sender())
    monkeypatch.setattr(
        runtime, "_runtime", dataclasses.replace(rt, gateways={"first": Sender(), "second": Sender()})
    )
    monkeypatch.setattr(collection, "reconcile_due", compare)
    with pytest.raises(Busy):
        collection.reconcile()
    assert compared == ["first", "second"]


def test_gateways_take_turns_day_by_day(install, monkeypatch):
    compared = []

    def compare(_store, gateways, **_):
        (name,) = gateways
        for day in range(3):
            compared.append((name, day))
            yield day

    rt = install(Sender())
    monkeypatch.setattr(
        runtime, "_runtime", dataclasses.replace(rt, gateways={"first": Sender(), "second": Sender()})
    )
    monkeypatch.setattr(collection, "reconcile_due", compare)
    collection.reconcile()
    assert compared == [(name, day) for day in range(3) for name in ("first", "second")]


def test_one_thread_compares_at_a_time_so_that_the_others_send(install, monkeypatch):
    under_way, go_on, compared = threading.Event(), threading.Event(), []

    def compare(_store, gateways, **_):
        compared.extend(gateways)
        under_way.set()
        go_on.wait(30)
        return iter(())

    install(Sender())
    monkeypatch.setattr(collection, "reconcile_due", compare)
    first = threading.Thread(target=collection.reconcile)
    first.start()
    assert under_way.wait(30)
    collection.reconcile()
    assert len(compared) == 1, "it left it to the one that is at it"
    go_on.set()
    first.join(30)
    collection.reconcile()
    assert len(compared) == 2


def test_a_worker_that_is_to_stop_ends_after_the_day_that_it_compares(world, install, monkeypatch):
    gateway = Sender()
    in_doubt(world, gateway, "a")
    world.at("2026-10-09 23:00")
    install(gateway)
    read, days = gateway.charges_between, "SELECT count(*) FROM reconciliation"

    def stopped_meanwhile(since: datetime, until: datetime) -> Iterator[Any]:
        shutdown.request()
        return read(since, until)

    with monkeypatch.context() as patched:
        patched.setattr(gateway, "charges_between", stopped_meanwhile)
        try:
            collection.reconcile()
        finally:
            shutdown.clear()
    assert world.one(days) == 1
    collection.reconcile()
    assert world.one(days) == 5


def test_the_sandbox_has_nothing_to_be_compared_with(world, install):
    owing(world, "a")
    install()
    collection.send()
    set_clock(world, world.now + timedelta(days=5))
    collection.reconcile()
    assert world.rows("SELECT 1 FROM reconciliation") == []


# --------------------------------------------------------------------------------------------- refunds
def test_refunds_are_sent_and_asked_about_until_nothing_waits(world, install, log):
    owing(world, *"abc")
    owing(world, "slow", token="slowrefund")
    install()
    collection.send()
    for name in ("a", "b", "c", "slow"):
        for _ in range(2):
            world.send("refund", name, amount="10.00", currency="USD", to="original_method")
    log.calls.clear()
    collection.refunds()
    assert sum(call.kwargs["calls"] for call in log.calls) == 8
    assert [state for name in "abc" for _, state, _ in world.refunds(name)] == ["succeeded"] * 6
    assert [state for _, state, _ in world.refunds("slow")] == ["under_way"] * 2
    set_clock(world, world.now + timedelta(hours=1))
    collection.refunds()
    assert [state for _, state, _ in world.refunds("slow")] == ["succeeded"] * 2
    log.calls.clear()
    collection.refunds()
    assert log.calls == [], "nothing to do is nothing to say"


def test_a_gateway_that_refuses_our_set_up_for_refunds_is_said_once_and_they_wait(world, install, log):
    class NotAllowed(Watched):
        def refund(self, request: RefundRequest) -> RefundOutcome:
            raise Misconfigured("refunds are not allowed for this key")

    owing(world, "a")
    install(NotAllowed())
    collection.send()
    world.send("refund", "a", amount="10.00", currency="USD", to="original_method")
    collection.refunds()
    said = [call for call in log.calls if call.method_name == "error"]
    assert [call.kwargs["reason"] for call in said] == ["refunds are not allowed for this key"]
    assert world.refunds("a") == [(1, "waiting", 1000)]


# --------------------------------------------------------------------------------------------- away
@pytest.mark.parametrize("name", ["check_accounts", "send", "refunds", "read_notifications", "reconcile"])
def test_while_the_database_is_away_a_message_says_so_and_calls_nobody(install, monkeypatch, name):
    away = Store("postgresql://nobody@127.0.0.1:1/none", connect_timeout_s=2)
    gateway = Watched()
    monkeypatch.setattr(runtime, "_runtime", dataclasses.replace(install(gateway), store=away))
    with pytest.raises(Unavailable):
        getattr(collection, name)()
    assert gateway.charged == []
    away.close()

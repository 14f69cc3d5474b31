"""Announcements on their way to web addresses: signed, in order, tried until they are taken. Rule: R13.3."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from starlette.responses import RedirectResponse, Response, StreamingResponse

from settlement.model.announcements.facts import ReleasedFacts
from settlement.model.announcements.topics import announcement
from settlement.operations.inbox.relay import relay
from settlement.operations.webhooks import endpoints, requests
from settlement.operations.webhooks.addresses import Addresses
from settlement.operations.webhooks.deliveries import EACH, DeliveryReport, deliver
from settlement.operations.webhooks.signatures import new_secret
from settlement.queries.programs import webhooks as queries
from settlement.queries.programs.webhooks import EndpointView
from settlement.rules.webhooks import TRIES
from settlement.storage.work import outbox
from settlement.storage.work.programs import webhooks
from settlement.storage.work.programs.webhooks import Target
from tests.support.running.endpoint import Received, Receiver, receiving
from tests.support.world import Killed, World, statements
from worker.runtime import host_now


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    with receiving() as it:
        yield it


def announce(world: World, *accounts: str) -> None:
    """An announcement for each of these accounts, in their order."""
    rows = [
        announcement(ord(name[0]), "account.released", ReleasedFacts(name, "-", str(at)), f"c/{at}")
        for at, name in enumerate(accounts)
    ]
    with world.store.transaction() as tx:
        outbox.announce(tx, rows, at=world.now)


def relayed(world: World) -> None:
    """All that was announced is relayed."""
    while relay(world.store, lambda _: None, limit=100):
        pass


def add(world: World, name: str, url: str, **more: Any) -> str:
    """An endpoint; its secret."""
    return endpoints.add_endpoint(world.store, name, url, private=True, **more)


def work(world: World, **more: Any) -> DeliveryReport:
    """Delivers what is due now."""
    return deliver(world.store, clock=host_now, may_continue=lambda: True, **({"private": True} | more))


def later(world: World) -> None:
    """All waiting is over: for every lane and endpoint."""
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE webhook_lane SET due_at = clock_timestamp()")
        tx.exec_driver_sql("UPDATE webhook_endpoint SET rests_until = NULL")


def view(world: World, name: str = "crm") -> EndpointView:
    """How an endpoint is."""
    with world.store.transaction() as tx:
        return queries.endpoint(tx, name)


def test_what_is_announced_is_delivered_signed_and_in_order(world: World, receiver: Receiver) -> None:
    secret = add(world, "crm", f"{receiver.url}/hooks?a=b")
    announce(world, "a", "b", "a")
    relayed(world)
    assert work(world) == DeliveryReport(3, 0)
    assert sorted(receiver.said("account", "reason")) == [
        ("account.released", "a", "0"), ("account.released", "a", "2"), ("account.released", "b", "1"),
    ]  # fmt: skip
    assert [
        one.json["data"]["reason"] for one in receiver.messages if one.json["data"]["account"] == "a"
    ] == ["0", "2"]
    message = next(one for one in receiver.messages if one.json["data"]["reason"] == "1")
    assert all(one.signed_by(secret) for one in receiver.messages)
    assert message.path == "/hooks"
    epoch = world.one("SELECT epoch FROM outbox_epoch")
    row = world.one("SELECT id FROM outbox WHERE payload ->> 'reason' = '1'")
    assert message.headers["webhook-id"] == message.json["id"] == f"{epoch}-{row}"
    assert abs(int(message.headers["webhook-timestamp"]) - time.time()) < 60
    assert message.json == {
        "id": f"{epoch}-{row}", "type": "account.released", "timestamp": "2026-10-05T00:00:00Z",
        "correlation_id": "c/1", "data": {"account": "b", "parked_at": "-", "reason": "1"},
    }  # fmt: skip
    assert work(world) == DeliveryReport()
    assert world.one("SELECT count(*) FROM webhook_lane") == 0


def test_an_endpoint_gets_what_it_wants_from_when_it_was_added(world: World, receiver: Receiver) -> None:
    announce(world, "before")
    relayed(world)
    add(world, "all", f"{receiver.url}/all")
    add(world, "bills", f"{receiver.url}/bills", topics=["bill.*", "audit.violations"])
    add(world, "some", f"{receiver.url}/some", accounts=["a", "team-*"])
    announce(world, "a", "ab", "team-1")
    world.send("top_up", "nobody", amount="1.00", currency="USD")
    add(world, "sender", f"{receiver.url}/sender", topics=["event.refused"], source="world")
    add(world, "other", f"{receiver.url}/other", source="other", topics=["event.*"])
    relayed(world)
    work(world)
    got = sorted((one.path, one.json["data"]["account"]) for one in receiver.messages)
    # What became of an event is for its sender alone.
    assert got == [
        ("/all", "a"), ("/all", "ab"), ("/all", "team-1"), ("/sender", "nobody"), ("/some", "a"), ("/some", "team-1"),
    ]  # fmt: skip


def test_a_message_that_is_not_taken_holds_up_its_own_account_alone(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)
    is_ill = True

    def respond(message: Received) -> Response:
        return Response("no\x00pe", 500 if is_ill and message.json["data"]["account"] == "b" else 200)

    receiver.respond = respond
    announce(world, "b", "a", "b", "a")
    relayed(world)
    assert work(world) == DeliveryReport(2, 1)
    with world.store.transaction() as tx:
        waiting = queries.deliveries(tx, "crm", limit=10, waiting=True)
    assert [(row.account, row.attempts, row.status, row.response) for row in waiting] == [
        ("b", 0, None, None), ("b", 1, 500, "nope"),
    ]  # fmt: skip
    announce(world, "b", "a")
    relayed(world)
    assert work(world) == DeliveryReport(1, 0)
    is_ill = False
    later(world)
    assert work(world) == DeliveryReport(3, 0)
    assert [reason for _, account, reason in receiver.said("account", "reason") if account == "b"] == [
        "0", "0", "2", "0",
    ]  # fmt: skip
    # The same message has the same id at every try, and one that comes later another.
    ids = [one.json["id"] for one in receiver.messages if one.json["data"]["account"] == "b"]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_slow_receiver_keeps_no_other_waiting(world: World, receiver: Receiver) -> None:
    add(world, "slow", f"{receiver.url}/slow")
    add(world, "quick", f"{receiver.url}/quick")
    names = [chr(ord("a") + at) for at in range(26)]
    taken: list[str] = []
    all_taken = threading.Event()

    def respond(message: Received) -> Response:
        if message.path == "/slow":
            # As long as it may take: until the other has everything.
            return Response(status_code=200 if all_taken.wait(14) else 500)
        taken.append(message.json["data"]["account"])
        if len(taken) == len(names):
            all_taken.set()
        return Response(status_code=200)

    receiver.respond = respond
    announce(world, *names)
    relayed(world)
    report = deliver(world.store, clock=host_now, may_continue=lambda: not all_taken.is_set(), private=True)
    assert sorted(taken) == names
    assert report == DeliveryReport(26 + EACH, 0)


def test_ten_tries_then_it_is_paused_and_a_probe_resumes_it(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)
    receiver.respond = lambda _: Response("away", 503)
    announce(world, "a", "b")
    relayed(world)
    tries = 0
    while view(world).paused_because is None:
        tries += work(world).failed
        later(world)
        assert tries < 50
    assert max(row[0] for row in world.rows("SELECT attempts FROM webhook_delivery")) == TRIES
    assert view(world).waiting == 2
    assert world.announced("webhook.") == ["webhook.paused"]
    # What comes meanwhile waits too, and the probe is one message.
    announce(world, "c")
    relayed(world)
    later(world)
    assert work(world).failed == 1
    receiver.respond = lambda _: Response(status_code=200)
    assert work(world) == DeliveryReport()
    later(world)
    # One goes through, and all others follow at once.
    assert work(world).delivered >= 3
    assert (view(world).paused_because, view(world).fails, view(world).waiting) == (None, 0, 0)
    assert world.announced("webhook.") == ["webhook.paused", "webhook.resumed"]


def test_a_receiver_that_is_gone_is_left_alone_until_somebody_resumes_it(
    world: World, receiver: Receiver
) -> None:
    add(world, "crm", receiver.url)
    receiver.respond = lambda _: Response(status_code=410)
    announce(world, "a", "b")
    relayed(world)
    work(world)
    assert view(world).paused_because == "gone"
    sent = len(receiver.messages)
    later(world)
    assert work(world) == DeliveryReport()
    assert len(receiver.messages) == sent
    receiver.respond = lambda _: Response(status_code=200)
    endpoints.resume_endpoint(world.store, "crm")
    assert work(world) == DeliveryReport(2, 0)


def test_what_is_announced_while_an_endpoint_is_paused_waits(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)
    endpoints.pause_endpoint(world.store, "crm")
    announce(world, "a", "a")
    relayed(world)
    assert work(world) == DeliveryReport()
    endpoints.resume_endpoint(world.store, "crm")
    assert work(world) == DeliveryReport(2, 0)
    assert [reason for _, reason in receiver.said("reason")] == ["0", "1"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_says_when_it_wants_the_next_one(world: World, receiver: Receiver, status: int) -> None:
    add(world, "crm", receiver.url)
    receiver.respond = lambda _: Response(status_code=status, headers={"Retry-After": "600"})
    announce(world, "a")
    relayed(world)
    work(world)
    seconds = "SELECT CAST(extract(epoch FROM {} - clock_timestamp()) AS integer) FROM {}"
    assert 590 <= world.one(seconds.format("due_at", "webhook_lane")) <= 670
    assert 590 <= world.one(seconds.format("rests_until", "webhook_endpoint")) <= 600


def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)
    receiver.respond = lambda _: RedirectResponse(f"{receiver.url}/elsewhere")
    announce(world, "a")
    relayed(world)
    assert work(world) == DeliveryReport(0, 1)
    assert [one.path for one in receiver.messages] == ["/"]


def test_of_a_response_only_its_beginning_is_read(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)

    async def endless() -> Any:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0.001)

    receiver.respond = lambda _: StreamingResponse(endless(), 200)
    announce(world, "a")
    relayed(world)
    began = time.monotonic()
    assert work(world) == DeliveryReport(1, 0)
    assert time.monotonic() - began < 5
    assert world.one("SELECT length(response) FROM webhook_delivery") == 500


def test_a_response_that_drips_ends_in_time(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "TIMEOUT_S", 0.5)
    add(world, "crm", receiver.url)

    async def dripping() -> Any:
        for _ in range(100):
            yield b"x"
            await asyncio.sleep(0.2)

    receiver.respond = lambda _: StreamingResponse(dripping(), 200)
    announce(world, "a")
    relayed(world)
    assert work(world) == DeliveryReport(0, 1)
    assert world.one("SELECT response FROM webhook_delivery") == "no response within 0.5 s"


def test_two_secrets_sign_while_one_replaces_the_other(world: World, receiver: Receiver) -> None:
    first = add(world, "crm", receiver.url)
    second = endpoints.rotate_secret(world.store, "crm")
    announce(world, "a")
    relayed(world)
    work(world)
    assert receiver.messages[0].signed_by(first)
    assert receiver.messages[0].signed_by(second)
    third = endpoints.rotate_secret(world.store, "crm", overlap_s=0)
    announce(world, "a")
    relayed(world)
    work(world)
    assert [receiver.messages[1].signed_by(secret) for secret in (first, second, third)] == [
        False,
        False,
        True,
    ]


def test_a_range_is_delivered_again_in_order_under_the_same_ids(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url, accounts=["a"])
    announce(world, "a", "b", "a", "a", "a")
    relayed(world)
    work(world)
    ids = [one.json["id"] for one in receiver.messages]
    assert endpoints.replay(world.store, "crm", first=ids[1], last=ids[2]) == 2
    assert work(world) == DeliveryReport(2, 0)
    assert [one.json["id"] for one in receiver.messages] == [*ids, ids[1], ids[2]]


def test_an_address_inside_is_not_called(world: World, receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    add(world, "name", f"https://localhost:{port}")
    add(world, "plain", "http://example.com")
    announce(world, "a")
    relayed(world)
    assert work(world, private=False) == DeliveryReport(0, 2)
    assert receiver.messages == []
    reasons = dict(world.rows("SELECT endpoint_id, response FROM webhook_delivery"))
    assert "which is no address outside" in reasons["name"]
    assert reasons["plain"] == "AddressRefused: only https is sent to"


def test_the_address_that_was_checked_is_called_under_the_name_that_was_given(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups: list[str] = []

    async def one_address(_self: Any, host: str, port: int, **_: Any) -> list[Any]:
        lookups.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", one_address)
    port = receiver.url.rpartition(":")[2]
    add(world, "crm", f"http://hooks.example.com:{port}/x")
    announce(world, "a", "a", "a")
    relayed(world)
    assert work(world) == DeliveryReport(3, 0)
    assert {one.headers["host"] for one in receiver.messages} == {f"hooks.example.com:{port}"}
    # Once for all three, which may go over one connection.
    assert [name for name in lookups if name != "127.0.0.1"] == ["hooks.example.com"]


def test_a_name_whose_address_does_not_respond_is_resolved_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter(["127.0.0.2", "127.0.0.1"])

    async def next_address(_self: Any, host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (next(found) if host == "hooks.example.com" else host, port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", next_address)
    target = Target("crm", f"http://hooks.example.com:{receiver.url.rpartition(':')[2]}", (new_secret(),))

    async def thrice() -> list[int | None]:
        addresses = Addresses(private=True)
        async with requests.new_client() as client:
            return [
                (await requests.post(client, target, "1", b"{}", at=host_now(), addresses=addresses)).status
                for _ in range(3)
            ]

    assert asyncio.run(thrice()) == [None, 204, 204]


def test_a_sender_is_announced_what_its_events_paid_where_it_wants_to_know(
    world: World, receiver: Receiver
) -> None:
    world.open("a", "b")
    world.fee("a", "12.00")
    world.at("2026-11-03 00:00").tick()
    relayed(world)
    world.top_up("a", "1.00")
    assert world.announced("event.") == []
    add(world, "sender", receiver.url, source="world", topics=["event.*"])
    message = world.message("top_up", "a", amount="5.00", currency="USD")
    world.receive(message, world.message("top_up", "b", amount="2.00", currency="USD"))
    world.receive(world.message("top_up", "a", amount="5.00", currency="EUR"))
    world.receive(world.message("top_up", "a", amount="5.00", currency="USD") | {"source": "other"})
    world.drain()
    relayed(world)
    work(world)
    assert sorted(receiver.said("account", "paid", "code")) == [
        ("event.done", "a", {"a:2026-10": "5.00"}, None), ("event.done", "b", {}, None),
        ("event.refused", "a", None, "wrong_currency"),
    ]  # fmt: skip
    done = next(one.json["data"] for one in receiver.messages if one.json["data"].get("paid"))
    assert done == {
        "account": "a", "source": "world", "event_id": message["event_id"], "type": "top_up", "currency": "USD",
        "paid": {"a:2026-10": "5.00"},
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ what may die
def test_a_relay_that_dies_anywhere_leaves_every_message_to_deliver_once(
    world: World, receiver: Receiver
) -> None:
    add(world, "crm", receiver.url)
    announce(world, "a", "b", "a")
    died = 0
    # A relay that finds the one before still dying does nothing.
    while world.one("SELECT count(*) FROM outbox WHERE published_at IS NULL"):
        try:
            with statements(world.store, die_at=died):
                relay(world.store, lambda _: None, limit=100)
        except Killed:
            died += 1
    assert died > 4
    relayed(world)
    assert world.one("SELECT count(*) FROM webhook_delivery") == 3
    work(world)
    assert sorted(receiver.said("reason")) == [("account.released", str(at)) for at in range(3)]


def test_a_process_that_dies_anywhere_while_it_delivers_loses_nothing(
    world: World, receiver: Receiver
) -> None:
    add(world, "crm", receiver.url)
    died = 0
    while True:
        announce(world, "a", "b", "a")
        relayed(world)
        try:
            with statements(world.store, die_at=died):
                work(world)
            break
        except Killed:
            died += 1
            # The lease of what it had in hand is over.
            later(world)
    assert died > 8
    later(world)
    work(world)
    assert (view(world).waiting, world.one("SELECT count(*) FROM webhook_lane")) == (0, 0)
    got = [one.json["id"] for one in receiver.messages]
    assert len(set(got)) == world.one("SELECT count(*) FROM outbox")
    # However often one came, the first time of each is in order.
    firsts = [one for at, one in enumerate(receiver.messages) if one.json["id"] not in got[:at]]
    for account in "ab":
        numbers = [
            int(one.json["id"].split("-")[1]) for one in firsts if one.json["data"]["account"] == account
        ]
        assert numbers == sorted(numbers)


def test_a_lane_whose_lease_was_over_belongs_to_whoever_took_it_up(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)
    announce(world, "a")
    relayed(world)

    def respond(_: Received) -> Response:
        if len(receiver.messages) == 1:
            # While the message is on its way another process takes up its lane.
            with world.store.transaction() as tx:
                tx.exec_driver_sql("UPDATE webhook_lane SET due_at = clock_timestamp() + interval '50 s'")
        return Response(status_code=200)

    receiver.respond = respond
    assert work(world) == DeliveryReport(1, 0)
    assert (
        world.one("SELECT count(*) FROM webhook_lane WHERE due_at > clock_timestamp() + interval '40 s'") == 1
    )


def test_what_is_announced_while_a_lane_ends_is_not_left_behind(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)
    announce(world, "a")
    relayed(world)

    def respond(_: Received) -> Response:
        if len(receiver.messages) == 1:
            announce(world, "a")
            relayed(world)
        return Response(status_code=200)

    receiver.respond = respond
    assert work(world) == DeliveryReport(2, 0)
    assert view(world).waiting == 0


def test_what_is_not_due_is_not_walked_over(world: World, receiver: Receiver, shared_owner_url: str) -> None:
    add(world, "crm", receiver.url)
    announce(world, "a")
    relayed(world)
    with world.store.transaction() as tx:
        tx.exec_driver_sql(
            """INSERT INTO webhook_lane (endpoint_id, account_id, due_at)
               SELECT 'crm', 1000 + n, clock_timestamp() + interval '1 hour' FROM generate_series(1, 20000) AS n"""
        )
    with psycopg.connect(shared_owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE webhook_lane")
    with world.store.transaction() as tx:
        statement = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) {webhooks._CLAIM.text}")
        parameters = {"most": 64, "each": 8, "failing": 3, "busy": "{}", "lease_s": 60.0}
        plan = tx.execute(statement, parameters).scalar_one()[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100, plan

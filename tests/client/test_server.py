"""The client at a real server with a real database."""

from __future__ import annotations

import asyncio
import csv
import io
from decimal import Decimal
from itertools import islice
from types import SimpleNamespace

import httpx
import pytest

from settle_client import (
    Amount,
    AsyncClient,
    Changed,
    Client,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    Unauthorized,
    Unreachable,
    models,
)
from settlement.operations.inbox.relay import relay
from tests.client.conftest import AT_ONCE, at_work
from tests.support.world import World


def usd(text: str) -> Amount:
    return Amount(amount=Decimal(text), currency="USD")


class Cutting(httpx.BaseTransport):
    """A line that is cut after the server had the request, so many times: its response never comes."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._line = httpx.HTTPTransport()
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self._line.handle_request(request)
        if self._times > 0:
            self._times -= 1
            response.read()
            raise httpx.ReadError("cut")
        return response

    def close(self) -> None:
        self._line.close()


def test_an_account_is_opened_charged_fees_and_topped_up(api, client):
    opened = client.accounts.open("acct-7", currency="USD", name="Seven Ltd", idempotency_key="open-7")
    assert (opened.state, opened.event_id, opened.source) == ("waiting", "open-7", "crm")
    fees = [
        models.FeeData(
            id="f-1", amount=Decimal("1.2345"), currency="USD", product="compute", incurred_at="2026-10-03T00:00:00Z"
        )
    ]  # fmt: skip
    client.fees.add("acct-7", fees=fees)
    with at_work(api):
        topped = client.top_ups.create("acct-7", amount=Decimal(250), currency="USD", wait=30)
    assert (topped.state, topped.repayments) == ("done", ())
    assert client.operations.get(topped.operation).state == "done"
    assert client.events.get("crm", topped.event_id).operation == topped.operation
    account = client.accounts.get("acct-7")
    assert (account.name, account.cash) == ("Seven Ltd", usd("250.00"))
    (bill,) = client.bills.list(account="acct-7")
    assert client.bills.get("acct-7", bill.cycle).bill == bill.bill
    assert client.accounts.explain("acct-7").bills[0].bill == bill.bill


def test_a_bill_is_paid_and_the_outcome_says_so(api, client):
    world = World(api.runtime.store)
    world.open("a")
    world.fee("a", "7.00")
    world.at("2026-11-02 04:00").tick()
    looked = client.top_ups.create("a", amount="5.00", currency="USD", dry_run=True)
    assert (looked.paid, looked.bills) == (usd("5.00"), 1)
    assert client.accounts.get("a").cash == usd("0.00")
    topped = client.top_ups.create("a", amount="7.00", currency="USD")
    api.work()
    paid = client.operations.get(topped.operation).repayments
    assert [(one.amount, one.bill) for one in paid] == [(usd("7.00"), "a:2026-10")]
    assert client.bills.get("a", "2026-10").state == "settled"
    assert client.statements.get("a", "2026-10").bill is not None


def test_after_a_line_was_cut_it_is_booked_once(api):
    line = Cutting(2)
    address, key = str(api.client.base_url), api.caller().key
    with Client(address, key, retries=AT_ONCE, transport=line) as client:
        client.accounts.open("a", currency="USD")
        line._times = 2
        client.top_ups.create("a", amount="10.00", currency="USD")
        api.work()
        assert len(line.requests) == 6
        assert client.accounts.get("a").cash == usd("10.00")
        assert len(client.events.list()) == 2
        line._times = 99
        with pytest.raises(Unreachable, match="cut"):
            client.top_ups.create("a", amount="10.00", currency="USD", idempotency_key="mine")
        line._times = 0
        client.top_ups.create("a", amount="10.00", currency="USD", idempotency_key="mine")
        api.work()
        assert client.accounts.get("a").cash == usd("20.00")


def test_what_is_refused_says_why(api, client):
    client.accounts.open("a", currency="USD")
    client.top_ups.create("a", amount="1.00", currency="USD", idempotency_key="1")
    with pytest.raises(Conflict) as failed:
        client.top_ups.create("a", amount="2.00", currency="USD", idempotency_key="1")
    assert (failed.value.status, failed.value.code) == (409, "reused_id")
    assert failed.value.outcome is not None
    assert failed.value.outcome.state == "conflict"
    with pytest.raises(Refused) as wrong:
        client.top_ups.create("a", amount="1e3", currency="USD")
    assert (wrong.value.status, wrong.value.code, wrong.value.outcome) == (422, "bad_amount", None)
    assert wrong.value.title == "Refused by a rule"
    assert wrong.value.request_id
    api.work()
    with pytest.raises(NotFound) as missing:
        client.accounts.get("b")
    assert missing.value.code == "unknown_account"
    refused = client.top_ups.create("b", amount="1.00", currency="USD", idempotency_key="2")
    assert refused.state == "waiting"
    api.work()
    with pytest.raises(Refused) as kept:
        client.top_ups.create("b", amount="1.00", currency="USD", idempotency_key="2")
    assert kept.value.outcome is not None
    assert (kept.value.code, kept.value.outcome.operation) == ("unknown_account", refused.operation)


def test_a_key_that_is_none_and_one_of_another_scope(api):
    with Client(str(api.client.base_url), "settle_none") as client, pytest.raises(Unauthorized):
        client.accounts.list()
    only = api.caller("bi", "read").key
    with Client(str(api.client.base_url), only) as client, pytest.raises(Forbidden):
        client.accounts.open("a", currency="USD")


def test_what_has_changed_since_is_not_edited(api, client):
    client.accounts.open("a", currency="USD")
    api.work()
    seen = client.accounts.get("a")
    assert seen.etag
    client.top_ups.create("a", amount="1.00", currency="USD")
    api.work()
    with pytest.raises(Changed):
        client.accounts.change("a", auto_write_off=False, if_match=seen.etag)
    client.accounts.change("a", auto_write_off=False, if_match=client.accounts.get("a").etag)
    api.work()
    assert client.accounts.get("a").auto_write_off is False


def test_events_are_sent_one_by_one_and_many_at_once(api, client):
    opened = models.AccountOpenedEvent(
        event_id="1", account="a", data=models.AccountOpenedData(currency="USD")
    )
    assert client.events.send(opened).state == "waiting"
    found = client.events.send_batch([
        models.TopUpEvent(event_id="2", account="a", data=models.TopUpData(amount="5.00", currency="USD")),
        {"event_id": "3", "type": "top_up", "account": "a", "data": {"amount": "1.00", "currency": "USD"}},
        {"event_id": "4", "source": "other", "type": "top_up", "account": "a", "data": {}},
    ]).events  # fmt: skip
    assert [(type(one).__name__, one.state) for one in found] == [
        ("Outcome", "waiting"), ("Outcome", "waiting"), ("NotKept", "refused"),
    ]  # fmt: skip
    api.work()
    assert client.accounts.get("a").cash == usd("6.00")


def test_a_listing_is_read_page_by_page_and_as_csv(api, client):
    client.events.send_batch([
        {"event_id": str(number), "type": "account_opened", "account": f"a-{number}", "data": {"currency": "USD"}}
        for number in range(7)
    ])  # fmt: skip
    api.work()
    page = client.accounts.list(limit=3)
    assert ([one.account for one in page], len(page)) == (["a-0", "a-1", "a-2"], 3)
    assert [one.account for one in client.accounts.list(limit=3, after=page.next)] == ["a-3", "a-4", "a-5"]
    assert [one.account for one in client.accounts.each(limit=2)] == [f"a-{number}" for number in range(7)]
    assert client.accounts.list(currency="EUR").next is None
    lines = list(csv.DictReader(io.StringIO(b"".join(client.accounts.csv()).decode())))
    assert [line["account"] for line in lines] == [f"a-{number}" for number in range(7)]
    with pytest.raises(NotFound):
        list(client.cards.csv("nobody"))
    assert tuple(client.cards.list("a-1", used_up=True)) == ()


def test_announcements_are_caught_up_with_and_followed(api, client, monkeypatch):
    def refused(key: str) -> None:
        """Something that is announced: what became of an event is, to its sender."""
        client.top_ups.create("nobody", amount="1.00", currency="USD", idempotency_key=key)
        api.work()
        relay(api.runtime.store, lambda _: None, limit=100)

    refused("1")
    refused("2")
    every = [one.id for one in client.announcements.each(limit=1)]
    assert len(every) > 1
    assert [one.id for one in client.announcements.each(after=every[0])] == every[1:]
    assert list(client.announcements.each(after=every[-1])) == []
    assert client.announcements.list(after=every[-1]).next == every[-1]
    pauses: list[float] = []

    def paused(seconds: float) -> None:
        """What comes while nobody looks."""
        pauses.append(seconds)
        refused("3")

    monkeypatch.setattr("settle_client.wire.time", SimpleNamespace(sleep=paused))
    follower = client.announcements.follow(after=every[-1], every_s=7.0)
    assert next(follower).data["event_id"] == "3"
    assert pauses == [7.0]


def test_runs_are_started_and_read(api, client):
    client.accounts.open("a", currency="USD")
    api.work()
    started = client.runs.start(kind="threshold_check", accounts=["a"])
    assert started.kind == "threshold_check"
    with pytest.raises(NotFound):
        client.runs.get("7")
    assert client.contract.openapi()["openapi"] == "3.1.0"


def test_the_same_under_asyncio(api):
    async def calls() -> None:
        key = api.caller().key
        async with AsyncClient(str(api.client.base_url), key, retries=AT_ONCE, timeout_s=60.0) as client:
            await client.accounts.open("a", currency="USD")
            await asyncio.to_thread(api.work)
            await asyncio.gather(
                *(client.top_ups.create("a", amount="1.00", currency="USD") for _ in range(9))
            )
            looked = await client.top_ups.create("a", amount="1.00", currency="USD", dry_run=True)
            assert looked.dry_run
            await asyncio.to_thread(api.work)
            assert (await client.accounts.get("a")).cash == usd("9.00")
            assert len([one async for one in client.events.each(limit=4)]) == 10
            text = b"".join([piece async for piece in client.events.csv()])
            assert len(text.splitlines()) == 11
            with pytest.raises(NotFound):
                await client.accounts.get("b")
            await client.top_ups.create("nobody", amount="1.00", currency="USD")
            await asyncio.to_thread(api.work)
            relay(api.runtime.store, lambda _: None, limit=100)
            assert [one.type async for one in client.announcements.each()] == ["event.refused"]

    asyncio.run(calls())


def test_a_page_of_everything_that_is_listed_is_of_its_types(api, client):
    world = World(api.runtime.store)
    world.open("a", credit_control=True, credit_limit="1000")
    world.send("payment_term_agreed", "a", from_cycle="2026-10", period_days=10)
    world.fee("a", "7.00")
    world.at("2026-11-02 04:00").tick()
    world.top_up("a", "5.00")
    for listing in (
        client.bills,
        client.repayments,
        client.events,
        client.runs,
        client.charges,
        client.payments,
    ):
        assert len(list(islice(listing.each(), 1))) == (listing not in (client.charges, client.payments))
    assert list(client.bills.list_overdue()) == []
    world.at("2026-11-20 00:00").tick()
    (overdue,) = client.bills.list_overdue()
    assert (overdue.bill, overdue.outstanding) == ("a:2026-10", usd("2.00"))

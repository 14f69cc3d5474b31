"""Transfers as a list: what was sent, what was pulled back, between whom, by which event. Rule: R9.2."""

from __future__ import annotations

import re

import pytest

from interfaces.http.console.pages.programs import keys
from settlement.operations.inbox import senders
from settlement.queries.relationships import transfers
from tests.support.console.month import a_month


@pytest.fixture
def moved(world):
    """Money sent to two members, some of it pulled back, and a unified settlement, which is none of them."""
    a_month(world)
    world.send("account_changed", "acme-east", auto_write_off=False)
    world.send("account_changed", "acme-west", auto_write_off=False)
    for member, amount in (("acme-east", "30.00"), ("acme-west", "20.00")):
        world.send("transfer", member, amount=amount, currency="USD", from_account="acme-hq")
    world.send("transfer_pulled_back", "acme-hq", amount="5.00", currency="USD", from_account="acme-east")
    world.top_up("acme-hq", "200.00")
    settlement = {"settlement": "october", "accounts": ["acme-west"], "cycles": ["2026-10"]}
    world.send("unified_settlement_created", "acme-hq", **settlement)
    world.send("unified_settlement_run", "acme-hq", settlement="october")
    assert world.bills("acme-west")[202610][0] == "settled"


def listed(page):
    cells = re.findall(r'<td data-of="(from|to|amount|what it is)"[^>]*>([^<]+)<', page)
    return [tuple(value for _, value in cells[at : at + 4]) for at in range(0, len(cells), 4)]


SENT_EAST = ("acme-hq", "acme-east", "30.00 USD", "sent to a member")
SENT_WEST = ("acme-hq", "acme-west", "20.00 USD", "sent to a member")
BACK = ("acme-east", "acme-hq", "5.00 USD", "pulled back")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", [BACK, SENT_WEST, SENT_EAST]),
        ("?account=acme-hq", [BACK, SENT_WEST, SENT_EAST]),
        ("?account=acme-west", [SENT_WEST]),
        ("?account=solo", []),
        ("?kind=pulled_back", [BACK]),
        ("?kind=sent&account=acme-east", [SENT_EAST]),
    ],
)
def test_transfers_are_listed_the_newest_first(moved, make_office, query, rows):
    client = make_office().client("viewer")
    assert listed(client.get(f"/console/transfers{query}").text) == rows


def test_they_come_page_by_page_each_once_and_lead_to_their_events(moved, world, make_office):
    client = make_office().client("viewer")
    seen, path = [], "/console/transfers?limit=1"
    while path:
        page = client.get(path).text
        seen += listed(page)
        following = re.findall(r'rel="next" href="([^"]+)"', page)
        path = f"/console/transfers{following[0].replace('&amp;', '&')}" if following else ""
        if path and "limit" not in path:
            path += "&limit=1"
    assert seen == [BACK, SENT_WEST, SENT_EAST]
    (event,) = re.findall(r'href="/console/operations/(\d+)"', page)
    assert "transfer" in client.get(f"/console/operations/{event}").text
    assert len(client.get("/console/transfers?format=csv").text.splitlines()) == 4
    with world.store.transaction() as tx:
        assert sum(row.amount_minor for row in transfers(tx, limit=10, kind="sent")) == 5000


def test_charges_are_listed_by_month(things, make_office):
    client = make_office().client("viewer")
    assert client.get("/console/charges?cycle=2026-10").text.count("/console/charges/") > 0
    page = client.get("/console/charges?cycle=2020-01").text
    assert 'Nothing is like that. <a href="?">Show all</a>' in page
    assert "No payment method was charged yet" not in page


def test_a_key_is_made_for_a_sender_that_is_not_among_those_suggested(world, make_office, monkeypatch):
    monkeypatch.setattr(keys, "_MOST_ROWS", 1)
    for name in ("crm", "shop"):
        senders.register_sender(world.store, name)
    client = make_office().client("admin")
    page = client.get("/console/new-key?source=shop").text
    assert 'value="shop"' in page

"""Listings page by page, as CSV, and single things. Rule: R12.5."""

from __future__ import annotations

import csv
import io
import re

import pytest

from interfaces.http.api.reads.listings import LISTINGS
from interfaces.http.api.reads.single import SINGLES
from settlement.operations.webhooks.endpoints import add_endpoint
from tests.support.arrival import arrive_at
from tests.support.world import World


@pytest.fixture
def read(make_server):
    """A program that may read, of a month with three accounts."""
    server = make_server(test_clock=True)
    world = World(server.runtime.store)
    world.open("a", "b", "=c")
    for name in ("a", "b", "=c"):
        world.fee(name, "7.00")
    arrive_at(world.at("2026-11-02 04:00").store, world.now)
    world.tick()
    world.top_up("a", "10.00")
    world.tie("a", "b")
    world.send("unified_settlement_created", "a", settlement="s", accounts=["b"], cycles=["2026-10"])
    add_endpoint(world.store, "e", "http://127.0.0.1:1", private=True)
    return server.caller("bi", "read", "operate")


# What the names in a path stand for.
_NAMES = {"account": "a", "cycle": "2026-10", "settlement": "s", "endpoint": "e"}


def test_pages_follow_each_other_without_a_gap(read):
    found, after = [], None
    while True:
        page = read("GET", "/bills?limit=2&state=unsettled" + (f"&after={after}" if after else "")).json()
        found += [bill["bill"] for bill in page["bills"]]
        if (after := page["next"]) is None:
            break
    assert found == ["b:2026-10", "=c:2026-10"]
    assert len(read("GET", "/bills?limit=1").json()["bills"]) == 1


def test_a_list_as_csv_is_whole_and_harmless(read):
    answer = read("GET", "/accounts?limit=1", Accept="text/csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["account"], row["cash"], row["currency"]) for row in rows] == [
        ("a", "3.00", "USD"), ("b", "0.00", "USD"), ("'=c", "0.00", "USD"),
    ]  # fmt: skip
    repaid = list(csv.DictReader(io.StringIO(read("GET", "/repayments", Accept="text/csv").text)))
    assert [(row["bill"], row["amount"], row["currency"]) for row in repaid] == [("a:2026-10", "7.00", "USD")]
    groups = [
        (row["coupon_deduction"], row["stored_value_card"], row["cash"], row["lines"]) for row in repaid
    ]
    assert groups == [("0.00", "0.00", "7.00", "cash 7.00")]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.id)
def test_every_listing_answers_in_json_and_csv_and_knows_its_parameters(read, listing):
    path = listing.path.format(**_NAMES)
    page = read("GET", path)
    assert page.status_code == 200
    assert set(page.json()) == {listing.name, "next", *(["archived"] if listing.elsewhere else [])}
    lines = read("GET", path, Accept="text/csv").text.splitlines()
    assert len(lines) == 1 + len(page.json()[listing.name])
    assert read("GET", f"{path}?limit=0").json()["code"] == "bad_shape"
    assert read("GET", f"{path}?nonsense=1").json()["code"] == "unknown_parameter"
    for cursor in ("x", "bnVsbA", "WzFd", "eyJhIjoxfQ", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ"):
        assert read("GET", f"{path}?after={cursor}").status_code in {400, 404}, cursor
    for one in listing.filters:
        if "enum" in one.schema:
            for value in one.schema["enum"]:
                assert read("GET", f"{path}?{one.name}={value}").status_code == 200
            assert read("GET", f"{path}?{one.name}=nonsense").status_code == 400
    assert read("GET", f"{path}?account=%00").status_code == 400


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("/accounts/a", "account", "a"),
        ("/accounts/a/explanation", "bills", []),
        ("/accounts/a/bills/2026-10", "state", "settled"),
        ("/accounts/b/bills/2026-10/explanation", "account", None),
        ("/accounts/a/statements/2026-10", "cycle", "2026-10"),
        ("/accounts/a/bills/2026-10/repayments/event:7", "initiator", "auto_write_off"),
        ("/inbox/1", "data", {"currency": "USD"}),
        ("/runs/1", "kind", "month_close"),
    ],
)
def test_single_things_are_found_by_name(read, path, key, value):
    answer = read("GET", path)
    assert answer.status_code == 200
    assert key in answer.json()
    assert value is None or answer.json()[key] == value
    assert answer.headers["etag"]


@pytest.mark.parametrize("one", SINGLES, ids=lambda one: one.id)
def test_what_is_not_there_is_not_found(read, one):
    for name in ("nobody", "%00", "9" * 30, "0000-00"):
        path = one.path
        path = re.sub(r"{\w+}", name, path)
        answer = read("GET", path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path

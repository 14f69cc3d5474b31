"""A unified settlement on its page: what is missing, and what may be done with it in each state. Rule: R9.3, R14.2."""

from __future__ import annotations

import re

import pytest

from interfaces.http.console.pages import settlements
from tests.support.forms import confirm, fields_of, fill

PATH = "/unified-settlements/acme-hq/october"


@pytest.fixture
def finance(office, world):
    """Somebody who may move money, and a draft of what acme-hq's members owe: 108.27 and 88.02 USD."""
    listed = {"settlement": "october", "accounts": ["acme-east", "acme-west"], "cycles": ["2026-10"]}
    world.send("unified_settlement_created", "acme-hq", **listed)
    return office.client("finance")


def offered(client) -> list[str]:
    page = client.get(f"/console{PATH}").text
    return re.findall(r'href="/console/accounts/acme-hq/do/([a-z-]+)\?', page)


def act(client, action, **typed):
    path = f"/accounts/acme-hq/do/{action}"
    preview = fill(client, path, settlement="october", **typed)
    return confirm(client, path, preview)


def figure(client, name):
    page = client.get(f"/console{PATH}").text
    (found,) = re.findall(rf"<dt>{name}</dt><dd>([^<]+)<", page)
    return found


def test_what_is_missing_is_the_top_up_that_completes_it(finance, world):
    assert figure(finance, "acme-hq can pay now") == "150.00 USD"
    assert figure(finance, "missing cash") == "46.29 USD"
    # What is frozen pays nothing, though it is there.
    world.send("account_changed", "acme-hq", frozen_amount="100.00", currency="USD")
    assert figure(finance, "acme-hq can pay now") == "50.00 USD"
    assert figure(finance, "missing cash") == "146.29 USD"


def test_a_run_without_money_shows_what_is_to_be_paid_and_what_is_missing(finance, world):
    world.send("account_changed", "acme-hq", frozen_amount="150.00", currency="USD")
    text = fill(finance, "/accounts/acme-hq/do/run-settlement", settlement="october").text
    shown = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="wide">([^<]+)<', text))
    assert shown["outstanding"] == "196.29 USD"
    assert shown["acme-hq can pay now"] == "0.00 USD"
    assert shown["missing cash"] == "196.29 USD"
    assert "It pays by itself as soon as there is some" in text
    assert "No bill is paid" not in text


def test_each_state_offers_what_it_takes(finance, world):
    assert offered(finance) == ["run-settlement", "edit-settlement", "close-settlement", "delete-settlement"]
    act(finance, "run-settlement")
    assert offered(finance) == ["close-settlement"]
    act(finance, "close-settlement")
    assert offered(finance) == ["delete-settlement"]
    act(finance, "delete-settlement")
    assert offered(finance) == []
    assert world.faults() == 0


def test_a_draft_is_edited_from_what_it_lists(finance, world):
    page = finance.get(f"/console{PATH}").text
    (link,) = re.findall(r'href="(/console/accounts/acme-hq/do/edit-settlement[^"]+)"', page)
    form = fields_of(finance.get(link.replace("&amp;", "&")))
    assert (form["accounts"], form["cycles"]) == ("acme-east\nacme-west", "2026-10")
    act(finance, "edit-settlement", accounts="acme-west", cycles="2026-10")
    assert world.rows("SELECT listed_minor FROM unified_line WHERE state = 'open'") == [(8802,)]


def test_a_list_that_is_not_whole_on_the_page_is_not_edited_from_it(finance, monkeypatch):
    monkeypatch.setattr(settlements, "MOST_LINES", 1)
    assert offered(finance) == ["run-settlement", "close-settlement", "delete-settlement"]
    page = finance.get(f"/console{PATH}").text
    assert "settle unified edit acme-hq october --bills FILE" in page
    assert "The first 1 are shown" in page


def test_a_list_that_accounts_and_months_do_not_give_is_not_edited_from_them(finance, world):
    world.fee("acme-east", "5.00", "2026-11-10T00:00:00Z")
    world.at("2026-12-02 04:30").tick()
    bills = [("acme-west", "2026-10"), ("acme-east", "2026-11"), ("acme-east", "2026-10")]
    world.send("unified_settlement_edited", "acme-hq", settlement="october",
               accounts=["acme-east", "acme-west"], cycles=["2026-10", "2026-11"])  # fmt: skip
    world.send("unified_settlement_edited", "acme-hq", settlement="october",
               bills=[{"account": account, "cycle": cycle} for account, cycle in bills])  # fmt: skip
    assert len(world.rows("SELECT FROM unified_line WHERE state = 'open'")) == 3
    assert offered(finance) == ["run-settlement", "close-settlement", "delete-settlement"]


def test_the_months_of_a_list_are_filled_in_their_order(finance, world):
    world.fee("acme-east", "5.00", "2026-11-10T00:00:00Z")
    world.at("2026-12-02 04:30").tick()
    cycles = ["2026-11", "2026-10"]
    world.send(
        "unified_settlement_edited", "acme-hq", settlement="october", accounts=["acme-east"], cycles=cycles
    )
    page = finance.get(f"/console{PATH}").text
    (link,) = re.findall(r'href="(/console/accounts/acme-hq/do/edit-settlement[^"]+)"', page)
    assert fields_of(finance.get(link.replace("&amp;", "&")))["cycles"] == "2026-11\n2026-10"


def test_the_page_of_a_main_account_shows_its_settlements(finance):
    page = finance.get("/console/accounts/acme-hq").text
    assert f'href="/console{PATH}"' in page


def test_while_it_runs_only_what_changes_is_fetched_and_at_its_end_all_of_it(finance, world):
    part = f"/console{PATH}/now"
    assert f'hx-get="{part}"' not in finance.get(f"/console{PATH}").text
    act(finance, "run-settlement")
    assert f'hx-get="{part}"' in finance.get(f"/console{PATH}").text
    running = finance.get(part)
    assert "hx-refresh" not in running.headers
    assert "1 of 2" in running.text
    assert "<table" not in running.text
    world.top_up("acme-hq", "100.00")
    world.tick()
    ended = finance.get(part)
    assert ended.headers["hx-refresh"] == "true"
    assert "hx-get" not in ended.text

"""A month close before it is one, at the console: what it would come to, however many accounts it has. Rule: R14.3."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from interfaces.http.console.pages import dry_runs
from settlement.errors import Unavailable
from settlement.model.report import Report
from settlement.operations.schedule.month_close import preview_month_close
from tests.support.console.month import a_month

PAGE, EVENTS = "/console/runs/dry-run?cycle=2026-11", "/console/runs/dry-run/events?cycle=2026-11"


@pytest.fixture
def november(world):
    """Fees of November, beside the bills of October."""
    a_month(world)
    for account in ("solo", "acme-east", "acme-west"):
        world.fee(account, "40.00", "2026-11-10T00:00:00Z")


@pytest.fixture
def office_of(make_office):
    """Somebody of a role at the console."""
    return lambda role: make_office().client(role)


@pytest.fixture
def large(monkeypatch):
    """No page waits for a single account."""
    monkeypatch.setattr(dry_runs, "MOST_AT_ONCE", 0)


def test_a_dry_run_shows_what_a_close_would_come_to_beside_the_month_before(world, november, make_office):
    client = make_office().client("viewer")
    before = world.one("SELECT count(*) FROM repayment")
    page = client.get(PAGE).text
    assert "Not due yet" in page
    # Three bills of 40.00, beside the five of October.
    assert "120.00 USD" in page
    assert "The close of the month before" in page
    assert "difference" in page
    assert world.bills("solo")[202611][0] == "accruing"
    assert world.one("SELECT count(*) FROM repayment") == before


def test_a_month_that_is_none_is_said(office):
    client = office.client("viewer")
    for path in ("/console/runs/dry-run", "/console/runs/dry-run/events"):
        assert client.get(f"{path}?cycle=2026-13").status_code == 422


def test_many_accounts_are_looked_at_range_by_range_with_the_same_outcome(
    world, november, make_office, monkeypatch
):
    client = make_office(limits={"range_size": 1}).client("viewer")
    at_once = client.get(PAGE).text
    monkeypatch.setattr(dry_runs, "MOST_AT_ONCE", 0)
    page = client.get(PAGE).text
    assert f'hx-sse:connect="{EVENTS}"' in page
    assert "3 accounts have a bill of 2026-11" in page
    assert "settle month-close --dry-run --cycle 2026-11" in page
    *progress, found, end = client.get(EVENTS).text.strip().split("\n\n")
    assert [f"{seen} of 3 accounts looked at" in part for seen, part in enumerate(progress, 1)] == [True] * 3
    assert end == "event: done\ndata: done"
    assert found.startswith("data: ")
    assert "".join(found.removeprefix("data: ").split()) in "".join(at_once.split())
    assert "120.00 USD" in found
    assert world.bills("solo")[202611][0] == "accruing"


def test_the_database_that_goes_away_meanwhile_is_said(november, large, office_of, monkeypatch):
    def cut_off(*_, **__):
        yield 1, Report()
        raise Unavailable("gone")

    client = office_of("viewer")
    monkeypatch.setattr(dry_runs, "preview_ranges", cut_off)
    first, wrong, end = client.get(EVENTS).text.strip().split("\n\n")
    assert "1 of 3 accounts" in first
    assert "The database is away or busy" in wrong
    assert end.startswith("event: done")
    monkeypatch.undo()
    assert client.get(PAGE).status_code == 200


def test_who_looks_away_ends_it(november, large, office_of, monkeypatch):
    def endless(*_, **__):
        while True:
            time.sleep(0.01)
            yield 1, Report()

    client = office_of("viewer")
    monkeypatch.setattr(dry_runs, "preview_ranges", endless)
    with client.stream("GET", EVENTS) as response:
        lines = response.iter_lines()
        assert "1 of 3 accounts" in next(lines)
        assert "under way" in client.get(EVENTS).text
    monkeypatch.undo()
    until = time.monotonic() + 30
    while client.get(PAGE).status_code == 429:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert client.get(PAGE).status_code == 200


def test_one_dry_run_at_a_time_and_other_pages_meanwhile(november, make_office, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()

    def slow(*given, **named):
        begun.set()
        assert may_end.wait(30)
        return preview_month_close(*given, **named)

    monkeypatch.setattr(dry_runs, "preview_month_close", slow)
    office = make_office(limits={"database_pool_size": 1})
    first, other = office.client("viewer"), office.client("operator")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(first.get, PAGE)
        try:
            assert begun.wait(30)
            busy = other.get(PAGE)
            assert busy.status_code == 429
            assert "under way" in busy.text
            assert other.get("/console/bills").status_code == 200
        finally:
            may_end.set()
        assert waiting.result().status_code == 200
    assert other.get(PAGE).status_code == 200

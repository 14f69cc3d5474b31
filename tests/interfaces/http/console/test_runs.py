"""A month close before it is one, and its brake, at the console. Rule: R14.3."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from interfaces.http.console import sending
from interfaces.http.console.pages import runs
from settlement.operations.acts import Act, note_act
from settlement.operations.schedule.month_close import preview_month_close
from tests.interfaces.http.console.conftest import a_month
from tests.support.forms import fields_of, fill


@pytest.fixture
def woken(monkeypatch):
    """What workers were woken for."""
    found = []
    monkeypatch.setattr(runs, "wake_for", lambda kind, started: found.append((kind, started.run_id)))
    return found


def test_a_dry_run_shows_what_a_close_would_come_to_beside_the_month_before(world, office):
    world.fee("solo", "40.00", "2026-11-10T00:00:00Z")
    client = office.client("viewer")
    before = world.one("SELECT count(*) FROM repayment")
    page = client.get("/console/runs/dry-run?cycle=2026-11").text
    assert "Not due yet" in page
    # 40.00, beside the five bills of October.
    assert "40.00 USD" in page
    assert "The close of the month before" in page
    assert "difference" in page
    assert world.bills("solo")[202611][0] == "accruing"
    assert world.one("SELECT count(*) FROM repayment") == before


def test_a_month_that_is_none_and_one_that_is_too_large_are_said(world, office, monkeypatch):
    client = office.client("viewer")
    assert client.get("/console/runs/dry-run?cycle=2026-13").status_code == 422
    monkeypatch.setattr(runs, "_MOST_ACCOUNTS", 0)
    world.fee("solo", "40.00", "2026-11-10T00:00:00Z")
    page = client.get("/console/runs/dry-run?cycle=2026-11")
    assert page.status_code == 422
    assert "settle month-close --dry-run" in page.text


def test_one_dry_run_at_a_time_and_other_pages_meanwhile(world, make_office, monkeypatch):
    a_month(world)
    begun, may_end = threading.Event(), threading.Event()

    def slow(*given, **named):
        begun.set()
        assert may_end.wait(30)
        return preview_month_close(*given, **named)

    monkeypatch.setattr(runs, "preview_month_close", slow)
    office = make_office(limits={"database_pool_size": 1})
    first, other = office.client("viewer"), office.client("operator")
    path = "/console/runs/dry-run?cycle=2026-11"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(first.get, path)
        try:
            assert begun.wait(30)
            busy = other.get(path)
            assert busy.status_code == 429
            assert "under way" in busy.text
            assert other.get("/console/bills").status_code == 200
        finally:
            may_end.set()
        assert waiting.result().status_code == 200
    assert other.get(path).status_code == 200


def started(world):
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE run SET state = 'running', finished_at = NULL WHERE id = 1")


def test_what_the_database_was_too_busy_for_is_done_when_the_form_is_sent_again(world, make_office):
    a_month(world)
    started(world)
    client = make_office(limits={"lock_timeout_s": 0.2}).client("operator")
    form = {**fields_of(client.get("/console/runs/1")), "to": "pause", "reason": "too early"}
    with world.store.transaction() as tx:
        tx.exec_driver_sql("SELECT FROM run WHERE id = 1 FOR UPDATE")
        assert client.post("/console/runs/1", data=form).status_code == 503
    assert world.one("SELECT state FROM run WHERE id = 1") == "running"
    assert client.post("/console/runs/1", data=form).status_code == 303
    assert world.one("SELECT state FROM run WHERE id = 1") == "paused"
    assert world.rows("SELECT action, outcome FROM console_act ORDER BY id") == [
        ("pause_run", "unavailable"), ("pause_run", "done"),
    ]  # fmt: skip


def test_what_became_of_an_act_that_was_cut_off_is_not_called_done(world, office, monkeypatch):
    monkeypatch.setattr(sending, "WAIT_S", 0.0)
    started(world)
    client = office.client("operator")
    form = {**fields_of(client.get("/console/runs/1")), "to": "pause", "reason": "too early"}
    note_act(world.store, Act("operator", "operator", "pause_run", event_id=form["event"]))
    page = client.post("/console/runs/1", data=form)
    assert page.status_code == 409
    assert "what became of it is not known" in page.text
    assert world.one("SELECT state FROM run WHERE id = 1") == "running"


def test_a_run_is_paused_and_resumed_and_workers_are_woken(world, office, woken):
    started(world)
    client = office.client("operator")
    assert fill(client, "/runs/1", to="pause", reason="too early").status_code == 303
    assert world.one("SELECT state FROM run WHERE id = 1") == "paused"
    assert woken == []
    assert fill(client, "/runs/1", to="resume", reason="checked").status_code == 303
    assert world.one("SELECT state FROM run WHERE id = 1") == "running"
    assert woken == [("month_end_sweep", 1)]
    assert world.rows("SELECT action, reason, outcome, details ->> 'run' FROM console_act ORDER BY id") == [
        ("pause_run", "too early", "done", "1"), ("resume_run", "checked", "done", "1"),
    ]  # fmt: skip

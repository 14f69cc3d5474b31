"""The brake of a run at the console. Rule: R14.3."""

from __future__ import annotations

import pytest

from interfaces.http.console import sending
from interfaces.http.console.pages import runs
from settlement.operations.acts import Act, note_act
from tests.support.console.month import a_month
from tests.support.forms import fields_of, fill


@pytest.fixture
def woken(monkeypatch):
    """What workers were woken for."""
    found = []
    monkeypatch.setattr(runs, "wake_for", lambda kind, started: found.append((kind, started.run_id)))
    return found


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

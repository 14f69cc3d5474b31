"""A month close before it is one, and its brake, at the console. Rule: R14.3."""

from __future__ import annotations

import pytest

from interfaces.http.console.pages import runs
from tests.support.forms import fill


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


def test_a_run_is_paused_and_resumed_and_workers_are_woken(world, office, woken):
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE run SET state = 'running', finished_at = NULL WHERE id = 1")
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

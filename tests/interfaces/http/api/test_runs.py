"""Runs started by other schedulers, by HTTP. Rule: R12.7."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from interfaces.http.api import runs
from settlement.model.report import Report
from settlement.operations.schedule import run_previews
from tests.support.arrival import arrive_at
from tests.support.collection import with_card
from tests.support.world import World


@pytest.fixture
def month(make_server):
    """A server, and the world behind it on the day of issuance with a fee of October in each of two accounts."""
    server = make_server(test_clock=True, broker_url="redis://127.0.0.1:1/0")
    world = World(server.runtime.store)
    world.open("a", "b")
    for name in ("a", "b"):
        world.fee(name, "7.00")
    arrive_at(world.at("2026-11-02 04:00").store, world.now)
    return server, world


def test_a_month_close_is_started_found_again_and_done(month):
    server, world = month
    operator = server.caller("airflow", "operate", "read")
    wanted = {"kind": "month_close", "cycle": "2026-10"}
    first = operator("POST", "/runs", wanted)
    assert (first.status_code, first.json()["run"]["state"]) == (202, "running")
    assert operator("POST", "/runs", wanted).headers["location"] == first.headers["location"]
    world.tick()
    done = operator("POST", "/runs", wanted)
    assert (done.status_code, done.json()["run"]["state"]) == (200, "done")
    assert operator("GET", first.headers["location"].removeprefix("/v1")).json()["accounts_done"] == 2


def test_before_its_time_it_is_refused_and_for_some_it_is_done_at_once(month):
    server, world = month
    operator = server.caller("airflow", "operate")
    early = operator("POST", "/runs", {"kind": "month_close", "cycle": "2026-11"})
    assert (early.status_code, early.json()["code"]) == (422, "not_due")
    some = operator("POST", "/runs", {"kind": "month_close", "cycle": "2026-10", "accounts": ["a"]})
    assert some.status_code == 200
    assert [world.bills(name)[202610][0] for name in ("a", "b")] == ["unsettled", "accruing"]
    check = operator("POST", "/runs", {"kind": "threshold_check"})
    assert (check.status_code, check.json()) == (202, {"kind": "threshold_check", "run": None})


def test_a_key_of_some_accounts_starts_work_for_those_alone(month):
    server, _ = month
    limited = server.caller("web", "operate", accounts=["a"])
    wanted = {"kind": "month_close", "cycle": "2026-10"}
    for names in ([], ["b"], ["a", "b"]):
        answer = limited("POST", "/runs", {**wanted, "accounts": names})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert limited("POST", "/runs", {**wanted, "accounts": ["a"]}).status_code == 200
    assert limited("POST", "/runs/1/pause").status_code == 403


def test_a_run_is_paused_and_goes_on(month):
    server, _ = month
    operator = server.caller("airflow", "operate")
    run = operator("POST", "/runs", {"kind": "month_close", "cycle": "2026-10"}).json()["run"]["run"]
    assert operator("POST", f"/runs/{run}/pause").json()["state"] == "paused"
    assert operator("POST", f"/runs/{run}/resume").json()["state"] == "running"
    assert operator("POST", "/runs/99/pause").status_code == 404


def test_a_dry_run_says_what_it_would_come_to_and_does_nothing(month):
    server, world = month
    world.top_up("a", "10.00")
    arrive_at(world.at("2026-10-20 04:00").store, world.now)
    with_card(world, "c")
    world.fee("c", "20.00")
    arrive_at(world.at("2026-11-02 04:00").store, world.now)
    operator = server.caller("airflow", "operate", "read")
    close = {"kind": "month_close", "cycle": "2026-10"}
    answer = operator("POST", "/runs?dry_run=true", close)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["dry_run"], found["kind"], found["cycle"], found["accounts"]) == (True, *close.values(), 3)
    assert found["report"]["issued"] == [
        {"currency": "USD", "bills": 3, "amount": {"amount": "34.00", "currency": "USD"}, "settled_bills": 1}
    ]
    assert [one["source"] for one in found["report"]["paid"]] == ["cash"]
    assert found["charged"] == [{"amount": "20.00", "currency": "USD"}]
    some = operator("POST", "/runs?dry_run=true", {**close, "accounts": ["a"]}).json()
    assert (some["accounts"], some["charged"]) == (1, [])
    swept = operator(
        "POST", "/runs?dry_run=true", {**close, "kind": "month_end_sweep", "accounts": ["a", "c"]}
    )
    assert (swept.json()["accounts"], swept.json()["charged"]) == (1, found["charged"])
    assert operator("GET", "/runs").json()["runs"] == []
    assert world.bills("a")[202610][0] == "accruing"
    assert world.attempts("c") == []


def test_a_dry_run_is_bounded_and_one_at_a_time(month, monkeypatch):
    server, _ = month
    operator = server.caller("airflow", "operate")
    for wanted in ({"kind": "threshold_check"}, {"kind": "month_end_sweep", "cycle": "2026-10"}):
        answer = operator("POST", "/runs?dry_run=true", wanted)
        assert (answer.status_code, answer.json()["code"]) == (422, "too_many_accounts")
    close = {"kind": "month_close", "cycle": "2026-10"}
    monkeypatch.setattr(run_previews, "MOST_AT_ONCE", 1)
    assert operator("POST", "/runs?dry_run=true", close).json()["code"] == "too_many_accounts"
    begun, may_end = threading.Event(), threading.Event()

    def slow(*_, **__):
        begun.set()
        may_end.wait(30)
        return run_previews.RunPreview(0, Report())

    monkeypatch.setattr(runs, "preview_run", slow)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(operator, "POST", "/runs?dry_run=true", close)
        assert begun.wait(30)
        busy = operator("POST", "/runs?dry_run=true", close)
        may_end.set()
        assert (busy.status_code, busy.json()["code"]) == (429, "busy")
        assert int(busy.headers["retry-after"]) > 0
        assert first.result().status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [[], {}, {"kind": "x"}, {"kind": 1}, {"kind": "month_close"}, {"kind": "month_close", "cycle": 1},
     {"kind": "month_close", "cycle": "2026-13"}, {"kind": "threshold_check", "cycle": "2026-10"},
     {"kind": "threshold_check", "accounts": "a"}, {"kind": "threshold_check", "accounts": ["\0"]},
     {"kind": "threshold_check", "other": 1}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(month, wanted):
    server, _ = month
    answer = server.caller("airflow", "operate")("POST", "/runs", wanted)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"bad_shape", "bad_cycle"}

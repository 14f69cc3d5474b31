"""Runs started by other schedulers, by HTTP. Rule: R12.7."""

from __future__ import annotations

import pytest

from tests.support.arrival import arrive_at
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

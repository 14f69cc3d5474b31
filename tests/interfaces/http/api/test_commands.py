"""Commands are events: once by their key, looked at before, with their outcome. Rule: R12.4."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from interfaces.resources import RESOURCES
from settlement.events.registry import EVENTS
from tests.support.arrival import arrive_at
from tests.support.world import World

MONEY = {"amount": "10.00", "currency": "USD"}


def _done(server, answer) -> str:
    assert answer.status_code == 202, answer.text
    server.work()
    return str(answer.headers["location"]).removeprefix("/v1")


def test_every_event_is_a_command_and_every_command_an_event():
    assert [one.event for one in RESOURCES] == list(EVENTS)
    assert (
        len({(one.method, one.path) for one in RESOURCES})
        == len({one.id for one in RESOURCES})
        == len(RESOURCES)
    )


def test_an_account_is_opened_topped_up_and_read(server):
    crm = server.caller()
    _done(server, crm("POST", "/accounts", {"account": "a", "currency": "USD"}, Idempotency_Key="1"))
    where = _done(server, crm("POST", "/accounts/a/top-ups", MONEY, Idempotency_Key="2"))
    assert crm("GET", where).json()["state"] == "done"
    assert crm("GET", "/accounts/a").json()["cash"] == MONEY


def test_the_opening_of_an_account_is_looked_at_before(server):
    looked = server.caller()("POST", "/accounts?dry_run=true", {"account": "a", "currency": "KWD"})
    assert looked.status_code == 200, looked.text
    assert looked.json()["paid"] == {"amount": "0.000", "currency": "KWD"}


def test_the_same_key_does_it_once_and_with_other_content_nothing(server):
    crm = server.caller()
    _done(server, crm("POST", "/accounts", {"account": "a", "currency": "USD"}, Idempotency_Key="1"))
    for status in (202, 202):
        assert crm("POST", "/accounts/a/top-ups", MONEY, Idempotency_Key="2").status_code == status
    server.work()
    assert crm("POST", "/accounts/a/top-ups", MONEY, Idempotency_Key="2").status_code == 200
    other = crm("POST", "/accounts/a/top-ups", MONEY | {"amount": "1.00"}, Idempotency_Key="2")
    assert (other.status_code, other.json()["code"]) == (409, "reused_id")
    elsewhere = crm("POST", "/accounts/a/refunds", MONEY, Idempotency_Key="2")
    assert elsewhere.status_code == 409
    assert crm("GET", "/accounts/a").json()["cash"] == MONEY


def test_a_dry_run_says_what_would_be_and_keeps_nothing(server):
    crm = server.caller()
    _done(server, crm("POST", "/accounts", {"account": "a", "currency": "USD"}, Idempotency_Key="1"))
    looked = crm("POST", "/accounts/a/top-ups?dry_run=true", MONEY)
    assert looked.json() == {
        "dry_run": True,
        "paid": {"amount": "0.00", "currency": "USD"},
        "bills": 0,
        "charged": [],
    }
    assert crm("POST", "/accounts/b/top-ups?dry_run=true", MONEY).status_code == 404
    with server.runtime.store.transaction() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one() == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/accounts/a/top-ups", {"amount": "1e3", "currency": "USD"}, 422, "bad_amount"),
        ("POST", "/accounts/a/top-ups", {"amount": "1.00", "currency": "XXX"}, 422, "unknown_currency"),
        ("POST", "/accounts/a/top-ups", {"amount": 1, "currency": "USD"}, 422, "bad_shape"),
        ("POST", "/accounts/a/top-ups", {}, 422, "bad_shape"),
        ("POST", "/accounts/a/top-ups", [], 400, "bad_shape"),
        ("POST", "/accounts", {"currency": "USD"}, 400, "bad_shape"),
        ("POST", "/accounts/a/methods/visa/default", {"method": "other"}, 400, "bad_shape"),
        ("PATCH", "/accounts/a/unified-settlements/q4", {"settlement": "q5"}, 400, "bad_shape"),
    ],
)
def test_what_can_never_be_is_refused_at_once_and_not_kept(server, method, path, body, status, code):
    answer = server.caller()(method, path, body, Idempotency_Key="1")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    with server.runtime.store.transaction() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one() == 0


def test_a_command_without_its_key_is_not_sent(server):
    answer = server.caller()("POST", "/accounts/a/top-ups", MONEY)
    assert (answer.status_code, answer.json()["code"]) == (400, "no_idempotency_key")


def test_what_a_top_up_paid_is_told(make_server):
    server = make_server(test_clock=True)
    world = World(server.runtime.store)
    world.open("a")
    world.fee("a", "7.00")
    arrive_at(world.at("2026-11-02 04:00").store, world.now)
    world.tick()
    crm = server.caller()
    answer = crm("POST", "/accounts/a/top-ups", MONEY, Idempotency_Key="1")
    told = crm("GET", _done(server, answer)).json()
    assert [(row["bill"], row["amount"]["amount"]) for row in told["repayments"]] == [("a:2026-10", "7.00")]
    assert crm("GET", "/events/crm/1").json() == told
    event = {"event_id": "1", "type": "top_up", "account": "a", "data": MONEY}
    assert crm("POST", "/events", event).json() == told


def test_who_edits_what_has_changed_since_is_told(server):
    crm = server.caller()
    _done(server, crm("POST", "/accounts", {"account": "a", "currency": "USD"}, Idempotency_Key="1"))
    tag = crm("GET", "/accounts/a").headers["etag"]
    change = {"currency": "USD", "credit_limit": "5.00"}
    _done(server, crm("PATCH", "/accounts/a", change, Idempotency_Key="2", If_Match=tag))
    late = crm("PATCH", "/accounts/a", change, Idempotency_Key="3", If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed")
    assert late.headers["etag"] != tag


def test_a_unified_settlement_is_edited_as_it_was_read_and_no_other_way(make_server):
    server = make_server(test_clock=True)
    world = World(server.runtime.store)
    world.open("main", "a")
    world.tie("main", "a")
    world.fee("a", "7.00")
    arrive_at(world.at("2026-11-02 04:00").store, world.now)
    world.tick()
    crm = server.caller()
    list_of = {"settlement": "q4", "accounts": ["a"], "cycles": ["2026-10"]}
    _done(server, crm("POST", "/accounts/main/unified-settlements", list_of, Idempotency_Key="1"))
    path = "/accounts/main/unified-settlements/q4"
    tag = crm("GET", path).headers["etag"]
    _done(server, crm("POST", f"{path}/run", Idempotency_Key="2", If_Match=tag))
    late = crm("DELETE", path, Idempotency_Key="3", If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed")
    assert "unified settlement q4" in late.json()["detail"]


def test_whoever_waits_is_answered_when_a_worker_has_done_it(server):
    crm = server.caller()
    with ThreadPoolExecutor(1) as worker:
        answer = worker.submit(
            crm,
            "POST",
            "/accounts",
            {"account": "a", "currency": "USD"},
            Idempotency_Key="1",
            Prefer="wait=20",
        )
        while not answer.done():
            server.work()
    assert (answer.result().status_code, answer.result().json()["state"]) == (200, "done")

"""Bad keys, bad bodies, bad times: a problem document, and nothing half done. Rule: R12.6b."""

from __future__ import annotations

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from interfaces.http.api import runs
from interfaces.http.api.routes import OPERATIONS
from interfaces.resources import RESOURCES
from settlement.events.registry import EVENTS
from settlement.storage.store import Store
from tests.interfaces.http.api.test_events import OPENED, TOP_UP
from tests.processes.test_serve import database_away


def _kept(server) -> int:
    with server.runtime.store.transaction() as tx:
        return int(tx.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one())


def _raw(server, head: str, body: bytes) -> bytes:
    """What a server answers to bytes, until it ends the connection or half a minute is over."""
    url = server.client.base_url
    with socket.create_connection((url.host, url.port), timeout=30) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return line.recv(65536)


def test_a_slow_body_is_given_up_and_not_kept(make_server):
    server = make_server(serve={"body_timeout_s": 0.5})
    key = server.caller().key
    head = f"POST /v1/events HTTP/1.1\nHost: settle\nAuthorization: Bearer {key}\nContent-Length: 900"
    answer = _raw(server, head, b'{"event_id": ')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert _kept(server) == 0


def test_a_body_cut_off_is_not_kept(server):
    key = server.caller().key
    url = server.client.base_url
    with socket.create_connection((url.host, url.port), timeout=30) as line:
        head = f"POST /v1/events HTTP/1.1\r\nHost: settle\r\nAuthorization: Bearer {key}\r\nContent-Length: 900\r\n\r\n"
        line.sendall(head.encode() + b'{"event_id": "1"}')
    assert server.caller()("GET", "/events").status_code == 200
    assert _kept(server) == 0


@pytest.mark.parametrize(
    "digits", ["NaN", "Infinity", "1" + "0" * 400, "1e400", '"1e400"', '"NaN"', '"' + "9" * 400 + '"']
)
def test_an_amount_that_is_none_is_refused_at_once(server, digits):
    crm = server.caller()
    headers = {
        "Authorization": f"Bearer {crm.key}",
        "Idempotency-Key": "1",
        "Content-Type": "application/json",
    }
    body = f'{{"amount": {digits}, "currency": "USD"}}'
    answer = server.client.post("/v1/accounts/a/top-ups", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert _kept(server) == 0


def test_another_senders_account_is_neither_read_nor_named_nor_changed(server):
    crm = server.caller("crm", "send", "read", accounts=["crm-*"])
    other = {"amount": "1.00", "currency": "USD"}
    assert crm("POST", "/accounts/web-1/top-ups", other, Idempotency_Key="1").status_code == 403
    own = {**other, "from_account": "web-1"}
    assert crm("POST", "/accounts/crm-1/transfers", own, Idempotency_Key="1").status_code == 403
    assert crm("POST", "/accounts/web-1/top-ups?dry_run=true", other).status_code == 403
    assert crm("GET", "/accounts/web-1").status_code == 404
    assert _kept(server) == 0


# What each operation that writes would take and do, if its query were right.
BODIES = {
    "post_events": OPENED,
    "start_run": {"kind": "threshold_check", "accounts": ["a"]},
    **{one.id: json.loads(EVENTS[one.event].EXAMPLE) for one in RESOURCES},
}
WRITING = [one for one in OPERATIONS if one.method != "GET"]


@pytest.mark.parametrize("one", WRITING, ids=lambda one: one.id)
def test_a_mistyped_dry_run_moves_no_money(server, one):
    crm = server.caller()
    path = re.sub(r"{\w+}", "1", one.path)
    has_dry_run = any(parameter["name"] == "dry_run" for parameter in one.parameters)
    queries = ["dry-run=true", "dryRun=true", *([] if has_dry_run else ["dry_run=true", "dry_run=false"])]
    queries += ["dry_run=yes", "dry_run=", "dry_run=true&dry_run=no"] if has_dry_run else []
    for query in queries:
        answer = crm(one.method, f"{path}?{query}", BODIES.get(one.id), Idempotency_Key="1")
        assert answer.status_code == 400, query
        assert answer.json()["code"] in {"unknown_parameter", "bad_shape"}
    assert _kept(server) == 0
    assert crm("GET", "/runs").json()["runs"] == []


def test_what_is_nowhere_and_what_is_not_done_so_are_problem_documents(server):
    crm = server.caller()
    for method, path, status, code in (
        ("GET", "/nothing", 404, "unknown_path"), ("DELETE", "/bills", 405, "wrong_method"),
        ("PUT", "/accounts/a", 405, "wrong_method"),
    ):  # fmt: skip
        answer = crm(method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["allow"]


def test_a_fault_of_the_server_is_a_problem_document_that_tells_nothing(server, monkeypatch):
    monkeypatch.setattr(runs, "start_run", lambda *_, **__: 1 / 0)
    answer = server.caller()("POST", "/runs", {"kind": "threshold_check"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert "division" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_the_same_event_on_many_connections_at_once_counts_once(server):
    crm = server.caller()
    crm("POST", "/events", OPENED)
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: crm("POST", "/events", TOP_UP), range(36)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["operation"] for answer in answers}) == 1
    server.work()
    assert crm("GET", "/accounts/a").json()["cash"]["amount"] == "10.00"


def test_while_the_database_is_away_nothing_is_accepted_and_afterwards_what_was_sent_again_counts_once(
    server, postgres, shared_database, shared_store: Store
):
    crm = server.caller()
    crm("POST", "/events", OPENED)
    shared_store.close()
    with database_away(postgres, shared_database):
        for method, path, body in (
            ("POST", "/events", TOP_UP), ("POST", "/events", [TOP_UP, TOP_UP]), ("GET", "/accounts/a", None),
            ("GET", "/accounts", None),
        ):  # fmt: skip
            answer = crm(method, path, body)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"] == "application/problem+json"
    assert _kept(server) == 1
    assert crm("POST", "/events", TOP_UP).status_code == 202
    server.work()
    assert crm("GET", "/accounts/a").json()["cash"]["amount"] == "10.00"

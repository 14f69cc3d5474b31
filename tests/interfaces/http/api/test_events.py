"""Events by HTTP: kept once, answered with what became of them. Rule: R12.3."""

from __future__ import annotations

import pytest

OPENED = {"event_id": "o-1", "type": "account_opened", "account": "a", "data": {"currency": "USD"}}
TOP_UP = {"event_id": "t-1", "type": "top_up", "account": "a", "data": {"amount": "10.00", "currency": "USD"}}


def test_an_event_is_kept_when_the_answer_comes_and_its_outcome_can_be_asked_for(server):
    crm = server.caller()
    answer = crm("POST", "/events", OPENED)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert server.nudges
    where = answer.headers["location"]
    assert crm("GET", where.removeprefix("/v1")).json()["state"] == "waiting"
    server.work()
    assert crm("GET", where.removeprefix("/v1")).json()["state"] == "done"
    assert crm("GET", "/events/crm/o-1").json()["state"] == "done"


def test_the_same_again_is_answered_with_its_outcome_and_other_content_with_a_conflict(server):
    crm = server.caller()
    crm("POST", "/events", [OPENED, TOP_UP])
    server.work()
    again = crm("POST", "/events", TOP_UP)
    assert (again.status_code, again.json()["state"]) == (200, "done")
    other = crm("POST", "/events", TOP_UP | {"data": {"amount": "11.00", "currency": "USD"}})
    assert (other.status_code, other.json()["state"], other.json()["code"]) == (409, "conflict", "reused_id")
    with server.runtime.store.transaction() as tx:
        assert tx.exec_driver_sql("SELECT cash_minor FROM account").scalar_one() == 1000


def test_each_event_of_a_list_has_its_own_result(server):
    crm = server.caller(types=["account_opened", "top_up"], accounts=["a"])
    bad = {"event_id": "x", "type": "top_up", "account": "a", "data": []}
    foreign = {"event_id": "y", "type": "top_up", "account": "b", "data": TOP_UP["data"]}
    other_type = {"event_id": "z", "type": "refund", "account": "a", "data": {}}
    other_source = TOP_UP | {"event_id": "w", "source": "billing"}
    answer = crm("POST", "/events", [OPENED, bad, foreign, other_type, other_source, 7, TOP_UP])
    assert answer.status_code == 202
    assert [(row["state"], row.get("code")) for row in answer.json()["events"]] == [
        ("waiting", None),
        ("refused", "bad_shape"),
        ("refused", "not_allowed"),
        ("refused", "not_allowed"),
        ("refused", "not_allowed"),
        ("refused", "bad_shape"),
        ("waiting", None),
    ]


def test_a_refused_event_says_why(server):
    crm = server.caller()
    crm("POST", "/events", TOP_UP)
    server.work()
    told = crm("GET", "/events/crm/t-1").json()
    assert (told["state"], told["code"]) == ("refused", "unknown_account")
    assert "'a' is not known" in told["detail"]
    again = crm("POST", "/events", TOP_UP)
    assert again.status_code == 422
    assert (again.json()["code"], again.json()["event_type"]) == ("unknown_account", "top_up")
    assert told["type"] == "top_up"


def test_an_answer_is_a_line_of_text(server):
    crm = server.caller()
    for answer in (crm("POST", "/events", OPENED), crm("GET", "/bills"), crm("GET", "/nothing")):
        assert answer.text.endswith("}\n")


@pytest.mark.parametrize("kind", ["application/cloudevents+json", "application/cloudevents-batch+json"])
def test_a_cloud_event_is_an_event(server, kind):
    crm = server.caller()
    cloud = {
        "specversion": "1.0", "id": "c-1", "source": "crm", "type": "account_opened", "subject": "a",
        "time": "2026-11-01T00:00:00Z", "datacontenttype": "application/json", "data": {"currency": "USD"},
    }  # fmt: skip
    answer = crm("POST", "/events", [cloud] if "batch" in kind else cloud, Content_Type=kind)
    assert answer.status_code == 202
    server.work()
    assert crm("GET", "/events/crm/c-1").json()["state"] == "done"


def test_whoever_prefers_to_wait_is_answered_when_it_is_done(server):
    crm = server.caller()
    crm("POST", "/events", OPENED)
    server.work()
    answer = crm("POST", "/events", OPENED, Prefer="wait=5")
    assert answer.json()["state"] == "done"
    late = crm("POST", "/events", TOP_UP, Prefer="wait=0")
    assert (late.status_code, late.headers["retry-after"]) == (202, "1")


def test_an_event_of_another_sender_is_not_known(server):
    crm = server.caller()
    crm("POST", "/events", OPENED)
    other = server.caller("billing", "send")
    assert other("GET", "/events/crm/o-1").status_code == 403
    for path in ("/events/crm/o-1", "/operations/1"):
        assert server.caller("bi", "read")("GET", path).status_code == 200
        assert server.caller("crm", "read")("GET", path).status_code == 200
        assert server.caller("airflow", "operate")("GET", path).json()["code"] == "wrong_scope"
        assert server.caller("shop", "read", accounts=["shop-*"])("GET", path).status_code == 404
    limited = server.caller("web", "send", "read", accounts=["web-*"])
    assert limited("GET", "/events/crm/o-1").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b'{"event_id": "1", "event_id": "2"}', 400, "bad_json"),
        (b'{"event_id": NaN}', 400, "bad_json"),
        (b'{"data": 1' + b"0" * 5000 + b"}", 400, "bad_json"),
        (b"[" * 100_000, 400, "bad_json"),
        (b"[]", 400, "too_many"),
        (b"7", 400, "bad_shape"),
        (b"[" + b"7," * 1000 + b"7]", 413, "too_many"),
        (b'"' + b"x" * 8_000_001 + b'"', 413, "too_large"),
        (b"\xff\xfe", 400, "bad_json"),
    ],
)
def test_what_cannot_be_read_is_answered_with_a_problem_document(server, body, status, code):
    crm = server.caller()
    headers = {"Authorization": f"Bearer {crm.key}", "Content-Type": "application/json"}
    answer = server.client.post("/v1/events", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert crm("GET", "/events").json()["events"] == []

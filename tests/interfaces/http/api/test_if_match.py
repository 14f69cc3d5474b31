"""What is edited under `If-Match` is as it was read, when the request comes and when it is booked. Rule: R12.4c."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

OPENED = {"account": "a", "currency": "USD"}


def _limit(amount: str) -> dict[str, str]:
    return {"currency": "USD", "credit_limit": amount}


@pytest.fixture
def crm(server):
    caller = server.caller()
    caller("POST", "/accounts", OPENED, Idempotency_Key="1")
    server.work()
    return caller


def _tag(crm) -> str:
    return str(crm("GET", "/accounts/a").headers["etag"])


def _present_limit(crm) -> str:
    return str(crm("GET", "/accounts/a").json()["credit_limit"]["amount"])


def test_of_two_edits_of_the_same_state_that_wait_together_one_is_refused(server, crm):
    tag = _tag(crm)
    sent = [
        crm("PATCH", "/accounts/a", _limit(amount), Idempotency_Key=amount, If_Match=tag)
        for amount in ("5.00", "7.00")
    ]
    assert [answer.status_code for answer in sent] == [202, 202]
    server.work()
    outcomes = [crm("GET", answer.headers["location"].removeprefix("/v1")).json() for answer in sent]
    assert [(one["state"], one["code"]) for one in outcomes] == [("done", None), ("refused", "changed")]
    assert _present_limit(crm) == "5.00"


def test_whoever_waits_for_an_edit_that_comes_too_late_is_answered_412(server, crm):
    tag = _tag(crm)
    crm("PATCH", "/accounts/a", _limit("5.00"), Idempotency_Key="first")
    with ThreadPoolExecutor(1) as worker:
        late = worker.submit(
            crm, "PATCH", "/accounts/a", _limit("7.00"),
            Idempotency_Key="late", If_Match=tag, Prefer="wait=20",
        )  # fmt: skip
        while not late.done():
            server.work()
    assert (late.result().status_code, late.result().json()["code"]) == (412, "changed")
    assert _present_limit(crm) == "5.00"


def test_an_edit_sent_again_is_answered_with_its_outcome_though_it_changed_the_state_itself(server, crm):
    tag = _tag(crm)
    for status in (202, 200):
        answer = crm("PATCH", "/accounts/a", _limit("5.00"), Idempotency_Key="2", If_Match=tag)
        assert answer.status_code == status
        server.work()


def test_money_that_came_between_refuses_no_edit(server, crm):
    tag = _tag(crm)
    top_up = {"amount": "1.00", "currency": "USD"}
    crm("POST", "/accounts/a/top-ups", top_up, Idempotency_Key="2")
    edit = crm("PATCH", "/accounts/a", _limit("5.00"), Idempotency_Key="3", If_Match=tag)
    server.work()
    assert crm("GET", edit.headers["location"].removeprefix("/v1")).json()["state"] == "done"


def test_a_dry_run_is_refused_as_the_edit_would_be(server, crm):
    tag = _tag(crm)
    crm("PATCH", "/accounts/a", _limit("5.00"), Idempotency_Key="2")
    server.work()
    answer = crm("PATCH", "/accounts/a?dry_run=true", _limit("7.00"), If_Match=tag)
    assert (answer.status_code, answer.json()["code"]) == (412, "changed")


@pytest.mark.parametrize("tag", ["", "W/{tag}", "{tag}, {tag}", '"1"', "1"])
def test_what_is_no_tag_of_what_is_edited_matches_nothing(crm, tag):
    answer = crm(
        "PATCH", "/accounts/a", _limit("5.00"), Idempotency_Key="2", If_Match=tag.format(tag=_tag(crm))
    )
    assert (answer.status_code, answer.json()["code"]) == (412, "changed")


def test_where_nothing_is_edited_a_condition_is_not_passed_over(crm):
    top_up = {"amount": "1.00", "currency": "USD"}
    answer = crm("POST", "/accounts/a/top-ups", top_up, Idempotency_Key="2", If_Match=_tag(crm))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_shape")


def test_header_and_body_that_name_different_states_are_refused(crm):
    body = {**_limit("5.00"), "if_revision": "another"}
    answer = crm("PATCH", "/accounts/a", body, Idempotency_Key="2", If_Match=_tag(crm))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_shape")

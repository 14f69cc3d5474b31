"""Who may call: keys, their scopes and what their senders may name. Rule: R12.1, R12.2."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from interfaces.http.api import keys as remembered
from settlement.operations.inbox.senders import create_key, end_sender, register_sender, revoke_key
from tests.interfaces.http.api.test_events import OPENED, TOP_UP


@pytest.fixture(autouse=True)
def asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are asked about each time, as they are five seconds later."""
    monkeypatch.setattr(remembered.Keys.__init__, "__kwdefaults__", {"remembered_s": 0.0})


def _with(server, text: str) -> tuple[int, str]:
    answer = server.client.get("/v1/accounts", headers={"Authorization": f"Bearer {text}"})
    return answer.status_code, answer.json().get("code", "")


def test_a_key_opens_until_it_is_revoked(server):
    store = server.runtime.store
    register_sender(store, "crm")
    key = create_key(store, "crm", ["read"])
    assert _with(server, key.text) == (200, "")
    assert _with(server, key.text[:-1] + ("a" if key.text[-1] != "a" else "b")) == (401, "bad_key")
    revoke_key(store, key.id)
    assert _with(server, key.text) == (401, "bad_key")


def test_a_key_is_over_in_time_and_with_its_sender(server):
    store = server.runtime.store
    register_sender(store, "crm")
    past, ahead = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (-1, 60))
    assert _with(server, create_key(store, "crm", ["read"], expires_at=past).text) == (401, "bad_key")
    key = create_key(store, "crm", ["read"], expires_at=ahead)
    assert _with(server, key.text) == (200, "")
    end_sender(store, "crm")
    assert _with(server, key.text) == (401, "bad_key")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic eDp5", "bearer settle_a_b"])
def test_without_a_key_nothing_is_told(server, header):
    headers = {} if header is None else {"Authorization": header}
    for method, path in (("GET", "/v1/accounts"), ("POST", "/v1/events"), ("POST", "/v1/accounts/a/top-ups")):
        answer = server.client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_scope_opens_what_it_names(server):
    sends, reads = server.caller("crm", "send"), server.caller("bi", "read")
    assert sends("POST", "/events", OPENED).status_code == 202
    assert sends("GET", "/accounts").json()["code"] == "wrong_scope"
    assert reads("POST", "/events", OPENED).json()["code"] == "wrong_scope"
    assert reads("POST", "/accounts/a/top-ups", TOP_UP["data"], Idempotency_Key="1").status_code == 403
    assert reads("GET", "/accounts").status_code == 200


def test_only_its_own_accounts_are_read_and_named(server):
    server.caller()("POST", "/events", [OPENED, OPENED | {"event_id": "o-2", "account": "web-1"}])
    server.work()
    web = server.caller("web", accounts=["web-*"])
    assert web("GET", "/accounts/web-1").status_code == 200
    assert web("GET", "/accounts/a").status_code == 404
    assert web("GET", "/bills").json()["code"] == "not_allowed"
    assert web("GET", "/bills?account=a").status_code == 404
    assert web("GET", "/bills?account=web-1").status_code == 200
    assert web("GET", "/runs").status_code == 403
    assert web("POST", "/accounts/a/top-ups", TOP_UP["data"], Idempotency_Key="1").status_code == 403
    transfer = {"amount": "1.00", "currency": "USD", "from_account": "a"}
    assert web("POST", "/accounts/web-1/transfers", transfer, Idempotency_Key="2").status_code == 403


def test_when_a_key_was_used_last_is_noted(server):
    crm = server.caller()
    crm("GET", "/accounts")
    with server.runtime.store.transaction() as tx:
        assert tx.exec_driver_sql("SELECT last_used_at IS NOT NULL FROM api_key").scalar_one()

"""Parked accounts are released and messages in quarantine put back or dropped, by operators. Rule: R11.4, R11.6."""

from __future__ import annotations

from typing import Self

import pytest

from tests.support.forms import fields_of, fill
from tests.support.parking import park
from worker.celery import put_back


def test_a_parked_account_is_released_with_a_reason(office, world):
    park(world, "solo")
    client, path = office.client("operator"), "/accounts/solo/release"
    assert f'href="/console{path}"' in client.get("/console/accounts/solo").text
    assert "whole again" in client.get(f"/console{path}").text
    assert fill(client, path, reason="").status_code == 422
    assert world.one("SELECT count(*) FROM account WHERE parked_at IS NOT NULL") == 1
    assert fill(client, path, reason="put right").headers["location"] == "/console/accounts/solo"
    assert world.one("SELECT count(*) FROM account WHERE parked_at IS NOT NULL") == 0
    assert world.rows("SELECT actor, action, account, reason, outcome FROM console_act") == [
        ("operator", "release_account", "solo", "put right", "done")
    ]
    assert client.get(f"/console{path}").status_code == 422
    viewer = office.client("viewer").get("/console/accounts/solo").text
    assert path not in viewer


class Broker:
    """It takes what is pushed."""

    def __init__(self) -> None:
        self.pushed: list[tuple[str, bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def lpush(self, key: str, raw: bytes) -> None:
        self.pushed.append((key, raw))


@pytest.mark.parametrize(("to", "state", "pushed"), [("release", "released", 1), ("drop", "dropped", 0)])
def test_a_message_is_put_back_or_dropped(things, make_office, world, monkeypatch, to, state, pushed):
    broker = Broker()
    monkeypatch.setattr(put_back, "redis_client", lambda *_: broker)
    monkeypatch.setattr(put_back, "broker_url", lambda _: "redis://here")
    office = make_office()
    client, path = office.client("operator"), "/console/quarantine/1"
    assert f'href="{path}"' in client.get("/console/quarantine").text
    form = {**fields_of(client.get(path)), "to": to}
    assert client.post(path, data=form | {"reason": ""}).status_code == 422
    assert client.post(path, data=form | {"reason": "sent again"}).status_code == 303
    assert client.post(path, data=form | {"reason": "sent again"}).status_code == 303
    assert world.rows("SELECT CAST(state AS text) FROM quarantine") == [(state,)]
    assert len(broker.pushed) == pushed
    assert 'value="drop"' not in client.get(path).text
    assert 'value="drop"' not in office.client("viewer").get(path).text


def test_a_repayment_leads_to_the_entries_of_its_cause(things, make_office, world):
    client = make_office().client("viewer")
    path = f"/console/repayments/solo/2026-10/{things['{cause}']}".replace(":", "%3A")
    assert f'href="{path}"' in client.get("/console/repayments?account=solo").text
    page = client.get(path).text
    cause = things["{cause}"]
    entries = world.rows("SELECT l.id FROM ledger_transfer l JOIN account a ON a.id = l.account_id "
                         "WHERE a.external_id = 'solo' AND l.cause = :cause", cause=cause)  # fmt: skip
    table = page.partition("Entries of the ledger")[2]
    assert entries
    assert table.count("<tr>") - 1 == len(entries)
    assert "receivable 2026-10" in table


def test_what_moves_money_has_a_reason(office, world):
    client, path = office.client("finance"), "/accounts/solo/do/top-up"
    assert fill(client, path, amount="5.00", reason="").status_code == 422
    assert fill(client, "/bills/solo/2026-10/pay", reason="").status_code == 422
    assert world.one("SELECT count(*) FROM inbox WHERE source = 'console'") == 0

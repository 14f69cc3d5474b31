"""`settle serve` with its broker away; with its database away: `interfaces/http/api/test_bad_input.py`. Rule: R11.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from chaos.proxy import Proxy
from settlement.operations.inbox.senders import create_key, register_sender
from tests.support.running.processes import Deployment, wait_for

OPENED = {"event_id": "o", "type": "account_opened", "account": "a", "data": {"currency": "USD"}}
# A broker that refuses connections is noticed at once, and nobody waits for one that says nothing longer than this.
PATIENCE_S = 30.0


def _top_up(number: int) -> dict[str, Any]:
    data = {"amount": "1.00", "currency": "USD"}
    return {"event_id": f"t-{number}", "type": "top_up", "account": "a", "data": data}


@pytest.fixture
def link(made: Deployment) -> Iterator[Proxy]:
    """What stands between every process of the deployment and its broker."""
    port = urlsplit(made.broker_url).port
    assert port is not None
    proxy = Proxy(port)
    made.extra["SETTLE_BROKER_URL"] = made.broker_url.replace(f":{port}", f":{proxy.port}")
    yield proxy
    proxy.close()


def _client(made: Deployment, address: str) -> httpx.Client:
    register_sender(made.store, "crm")
    key = create_key(made.store, "crm", ("send", "read")).text
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=address, headers=headers, timeout=PATIENCE_S)


def test_events_are_accepted_while_the_broker_is_away_and_settled_when_it_is_back(
    made: Deployment, link: Proxy
) -> None:
    running = [made.worker("events", "events"), made.beat("beat")]
    with made.serving() as address, _client(made, address) as crm:
        link.refuse(on=True)
        for number, event in enumerate([OPENED, *map(_top_up, range(5))], start=1):
            answer = crm.post("/v1/events", json=event)
            assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
            assert made.one("SELECT count(*) FROM inbox") == number
        assert made.one("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 6
        link.refuse(on=False)
        wait_for(lambda: made.cash_minor("a") == 5_00, *running)
        assert crm.get("/v1/events/crm/t-4").json()["state"] == "done"

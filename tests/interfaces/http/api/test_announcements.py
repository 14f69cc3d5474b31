"""What was announced can be caught up with by HTTP, from any point on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from settlement.operations.inbox.relay import relay
from tests.interfaces.http.conftest import Server

READER = Path(__file__).parents[4] / "docs" / "examples" / "read_announcements.py"


def relayed(server: Server) -> None:
    server.work()
    while relay(server.runtime.store, lambda _: None, limit=100):
        pass


def test_a_program_catches_up_from_where_it_was(server: Server) -> None:
    crm = server.caller("crm")
    event = {
        "event_id": "1",
        "type": "top_up",
        "account": "late",
        "data": {"amount": "1.00", "currency": "USD"},
    }
    assert crm("GET", "/announcements").json() == {"announcements": [], "next": None}
    crm("POST", "/events", json=event)
    relayed(server)
    first = crm("GET", "/announcements").json()
    [refused] = first["announcements"]
    assert (refused["type"], refused["data"]["code"], refused["id"]) == (
        "event.refused", "unknown_account", first["next"],
    )  # fmt: skip
    assert crm("GET", f"/announcements?after={first['next']}").json() == {
        "announcements": [], "next": first["next"],
    }  # fmt: skip
    crm("POST", "/events", json=event | {"event_id": "2"})
    relayed(server)
    second = crm("GET", f"/announcements?after={first['next']}&limit=1&topic=event.*").json()
    assert [row["data"]["event_id"] for row in second["announcements"]] == ["2"]
    assert crm("GET", "/announcements?topic=bill.*").json()["announcements"] == []


def test_the_reader_of_the_page_reads_everything_in_order(server: Server) -> None:
    crm = server.caller("crm")
    address = str(server.client.base_url).removesuffix("/").removesuffix("/v1")
    environment = {**os.environ, "SETTLE": address, "API_KEY": crm.key}
    top_up = {"type": "top_up", "account": "late", "data": {"amount": "1.00", "currency": "USD"}}

    def read(lines: int) -> list[tuple[str, str]]:
        with subprocess.Popen(
            [sys.executable, READER], env=environment, stdout=subprocess.PIPE, text=True
        ) as reader:
            assert reader.stdout is not None
            found = [reader.stdout.readline().split(" ", 2) for _ in range(lines)]
            reader.kill()
        return [(topic, json.loads(facts)["event_id"]) for _, topic, facts in found]

    for number in ("1", "2"):
        crm("POST", "/events", json={**top_up, "event_id": number})
        relayed(server)
    assert read(2) == [("event.refused", "1"), ("event.refused", "2")]


def test_what_became_of_others_events_is_not_shown(server: Server) -> None:
    crm = server.caller("crm")
    event = {
        "event_id": "1",
        "type": "top_up",
        "account": "late",
        "data": {"amount": "1.00", "currency": "USD"},
    }
    crm("POST", "/events", json=event)
    relayed(server)
    assert server.caller("other")("GET", "/announcements").json()["announcements"] == []
    some = server.caller("some", accounts=["a"])
    assert some("GET", "/announcements").status_code == 403
    assert some("GET", "/announcements?account=b").status_code == 404
    assert some("GET", "/announcements?account=a").json()["announcements"] == []
    assert server.caller("sends", "send")("GET", "/announcements").status_code == 403


def test_bad_parameters_are_named(server: Server) -> None:
    crm = server.caller("crm")
    for query, status, code in (
        ("after=x", 422, "bad_id"), ("after=1-1", 404, "unknown_announcement"), ("limit=0", 400, "bad_shape"),
        ("limit=1001", 400, "bad_shape"), ("limit=x", 400, "bad_shape"), ("topic=", 400, "bad_shape"),
        ("colour=red", 400, "unknown_parameter"),
    ):  # fmt: skip
        answer = crm("GET", f"/announcements?{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), query

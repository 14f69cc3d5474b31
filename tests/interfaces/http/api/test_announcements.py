"""What was announced can be caught up with by HTTP, from any point on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from settlement.operations.inbox.relay import relay
from tests.interfaces.http.conftest import Server


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


def test_the_reader_of_the_page_reads_everything_once_and_goes_on(server: Server, tmp_path: Path) -> None:
    page = (Path(__file__).parents[4] / "docs" / "webhooks.md").read_text("utf-8")
    code = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    crm = server.caller("crm")
    environment = {**os.environ, "API": str(server.client.base_url), "KEY": crm.key}

    def read() -> str:
        with subprocess.Popen(
            [sys.executable, "-c", code], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
        ) as reader:
            try:
                assert reader.stdout is not None
                return reader.stdout.readline()
            finally:
                time.sleep(0.3)
                reader.kill()

    event = {
        "event_id": "1",
        "type": "top_up",
        "account": "late",
        "data": {"amount": "1.00", "currency": "USD"},
    }
    for number in ("1", "2"):
        crm("POST", "/events", json=event | {"event_id": number})
        relayed(server)
        announcement_id, topic, facts = read().split(" ", 2)
        assert (topic, json.loads(facts)["event_id"]) == ("event.refused", number)
        until = time.monotonic() + 10
        while (tmp_path / "place").read_text() != announcement_id:
            assert time.monotonic() < until


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

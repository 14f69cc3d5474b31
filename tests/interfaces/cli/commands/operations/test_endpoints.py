"""`settle status` and `settle doctor` say of each endpoint what waits for it and what it responded last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from settlement.operations.inbox.relay import relay
from settlement.operations.webhooks.deliveries import deliver
from settlement.storage.store import Store
from tests.interfaces.cli.conftest import Cli
from tests.support.running.endpoint import receiving
from worker.runtime import host_now


def _delivered(cli: Cli) -> None:
    store = Store(cli.database_url)
    relay(store, lambda _: None, limit=100)
    deliver(store, clock=host_now, may_continue=lambda: True, private=True)
    store.close()


def _checks(cli: Cli) -> dict[str, Any]:
    checks = cli.json("doctor", code=6)["checks"]
    return {check["name"]: check for check in checks if check["name"].startswith("webhooks to ")}


def test_each_endpoint_has_its_depth_its_oldest_message_and_its_last_failure(
    issued: Cli, environment: Callable[[str, str], None]
) -> None:
    environment("SETTLE_WEBHOOKS__PRIVATE_ADDRESSES", "1")
    _delivered(issued)
    with receiving() as well, receiving() as refusing:
        refusing.respond = lambda _: Response("not today", 500)
        issued("webhooks", "add", "well", well.url, "--topic", "bill.settled")
        issued("webhooks", "add", "refusing", refusing.url, "--topic", "bill.settled")
        issued("emit", "top_up", "--account", "beta", "--amount", "60.00", "--currency", "USD", "--now")
        _delivered(issued)
    first, second = issued.json("status", code=6)["work"]["webhooks"]
    assert (first["endpoint"], first["waiting"], first["fails"]) == ("refusing", 1, 1)
    assert (first["last_failure"]["status"], first["last_failure"]["response"]) == (500, "not today")
    assert 0 <= first["oldest_waiting_s"] < 600
    assert second == {
        "endpoint": "well", "paused_because": None, "fails": 0, "waiting": 0, "oldest_waiting_s": None,
        "in_vain": 0, "last_failure": None,
    }  # fmt: skip
    assert "nothing waits" in issued("status", code=6).out
    assert {name: check["level"] for name, check in _checks(issued).items()} == {
        "webhooks to refusing": "ok", "webhooks to well": "ok",
    }  # fmt: skip
    issued("webhooks", "pause", "refusing")
    check = _checks(issued)["webhooks to refusing"]
    assert check["level"] == "warn"
    assert check["said"].startswith("paused (by hand); 1 waiting, the oldest for ")
    assert "500 not today" in check["said"]

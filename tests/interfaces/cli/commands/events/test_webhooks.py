"""`settle webhooks`: endpoints are added, tried, paused; what they got is shown and delivered again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.responses import Response

from settlement.operations.inbox.relay import relay
from settlement.operations.webhooks.deliveries import deliver
from settlement.storage.store import Store
from tests.interfaces.cli.conftest import Cli
from tests.support.running.endpoint import Receiver, receiving
from worker.runtime import host_now


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    with receiving() as it:
        yield it


@pytest.fixture
def local(issued: Cli, environment: Callable[[str, str], None]) -> Cli:
    """Addresses of this machine may be called."""
    environment("SETTLE_WEBHOOKS__PRIVATE_ADDRESSES", "1")
    store = Store(issued.database_url)
    relay(store, lambda _: None, limit=100)
    store.close()
    return issued


def settled(cli: Cli) -> None:
    """A bill is settled, and that is delivered."""
    cli("emit", "top_up", "--account", "beta", "--amount", "60.00", "--currency", "USD", "--now")
    store = Store(cli.database_url)
    relay(store, lambda _: None, limit=100)
    deliver(store, clock=host_now, may_continue=lambda: True, private=True)
    store.close()


def test_an_endpoint_from_its_first_message_to_its_end(local: Cli, receiver: Receiver) -> None:
    secret = local(
        "webhooks", "add", "crm", receiver.url, "--topic", "bill.*", "--account", "beta"
    ).out.strip()
    assert secret.startswith("whsec_")
    assert local("webhooks", "test", "crm").out == "204\n"
    assert receiver.messages[0].json["type"] == "webhook.test"
    assert receiver.messages[0].signed_by(secret)
    settled(local)
    assert receiver.messages[1].json["type"] == "bill.settled"
    [delivery] = local.json("webhooks", "deliveries", "crm")["deliveries"]
    assert (delivery["topic"], delivery["account"], delivery["attempts"], delivery["status"]) == (
        "bill.settled", "beta", 1, 204,
    )  # fmt: skip
    assert delivery["announcement"] == receiver.messages[1].json["id"]
    assert local.json("webhooks", "deliveries", "crm", "--waiting")["deliveries"] == []
    first = delivery["announcement"]
    assert local.json("webhooks", "replay", "crm", "--from", first, "--to", first) == {"again": 1}
    [endpoint] = local.json("webhooks", "list")["endpoints"]
    assert (endpoint["endpoint"], endpoint["waiting"], endpoint["topics"]) == ("crm", 1, ["bill.*"])
    assert "secret" not in str(endpoint)
    assert secret not in local("webhooks", "list").out
    assert local("webhooks", "rotate", "crm").out.strip() != secret
    assert local("webhooks", "pause", "crm").out == "crm is paused\n"
    assert local.json("webhooks", "list")["endpoints"][0]["paused_because"] == "by_hand"
    assert "settle webhooks list" in local("doctor", code=6).out
    assert local("webhooks", "resume", "crm").out == "crm is resumed\n"
    assert local("webhooks", "remove", "crm").out == "crm is removed\n"
    assert local.json("webhooks", "list") == {"endpoints": []}


def test_a_test_message_that_is_not_taken_is_a_failure(local: Cli, receiver: Receiver) -> None:
    local("webhooks", "add", "crm", receiver.url)
    receiver.respond = lambda _: Response("not here", 404)
    assert local("webhooks", "test", "crm", code=4).out == "404: not here\n"
    assert local.json("webhooks", "test", "crm", code=4) == {"status": 404, "response": "not here"}


def test_bad_input_is_refused_with_what_to_do(issued: Cli) -> None:
    for name, url, options, said in (
        ("crm", "http://example.com", (), "must begin with https://"),
        ("crm", "https://", (), "give a host"),
        ("crm", "https://u:p@example.com", (), "no user"),
        ("crm", "https://example.com:99999", (), "no address"),
        ("C R M", "https://example.com", (), "lower-case letters"),
        ("crm", "https://example.com", ("--topic", "bill.setled"), "docs/events.md lists them"),
    ):
        assert said in issued("webhooks", "add", name, url, *options, code=4).err
    issued("webhooks", "add", "crm", "https://example.com")
    assert (
        "there is an endpoint crm already"
        in issued("webhooks", "add", "crm", "https://example.com", code=4).err
    )
    for command in (("pause",), ("resume",), ("remove",), ("rotate",), ("test",), ("deliveries",)):
        assert "settle webhooks list" in issued("webhooks", *command, "nobody", code=3).err
    assert "is no id" in issued("webhooks", "replay", "crm", "--from", "1", "--to", "2", code=4).err
    assert "was published" in issued("webhooks", "replay", "crm", "--from", "1-1", "--to", "1-2", code=3).err


def test_a_restored_database_begins_an_epoch(cli: Cli) -> None:
    first = cli.json("db", "restored")["epoch"]
    assert cli.json("db", "restored")["epoch"] > first

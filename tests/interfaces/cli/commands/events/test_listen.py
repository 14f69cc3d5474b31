"""For developers of upstreams: ready-made events, and announcements as they come."""

from __future__ import annotations

import json
import threading

import pytest

from interfaces.cli.commands.events.trigger import STORIES
from settlement.operations.inbox.relay import relay
from settlement.storage.store import Store
from tests.interfaces.cli.conftest import Cli


def relayed(cli: Cli) -> None:
    store = Store(cli.database_url)
    while relay(store, lambda _: None, limit=100):
        pass
    store.close()


@pytest.mark.parametrize("story", STORIES)
def test_a_story_has_all_that_it_needs(cli: Cli, story: str) -> None:
    found = cli.json("trigger", story)
    states = {row["type"]: row["state"] for row in found["events"]}
    assert set(states.values()) == ({"refused"} if story == "refused" else {"done"})
    assert story == "refused" or story in states
    assert cli.json("trigger", story)["account"] != found["account"]
    assert "try-it" in cli("trigger", story, "--account", "try-it").out


def test_a_story_that_there_is_not_names_those_there_are(cli: Cli) -> None:
    assert "top_up, fees" in cli("trigger", "nothing", code=2).err


def test_announcements_are_shown_as_they_come(cli: Cli) -> None:
    cli("trigger", "refused", "--account", "before")
    relayed(cli)
    late = threading.Timer(1.0, relayed, (cli,))
    cli("trigger", "refused", "--account", "nobody")
    late.start()
    shown = cli("listen", "--count", "1", "--timeout", "30", "--json")
    late.join()
    assert "listening" in shown.err
    announcement = json.loads(shown.out)
    assert (announcement["type"], announcement["data"]["account"]) == ("event.refused", "nobody")
    again = cli("listen", "--after", announcement["id"], "--timeout", "0")
    assert again.out == ""
    cli("trigger", "refused", "--account", "third")
    relayed(cli)
    shown = cli(
        "listen", "--after", announcement["id"], "--account", "third", "--topic", "event.*", "--count", "1"
    )
    assert "event.refused" in shown.out
    assert "account third" in shown.out

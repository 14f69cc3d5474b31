"""`settle quarantine`: what no task could take is shown, goes back, or goes away."""

from __future__ import annotations

import hashlib
import json

import pytest
import redis

from settlement.storage.store import Store
from settlement.storage.work import quarantine
from settlement.storage.work.quarantine import Misfit


def misfit(raw: bytes, tag: str, *, size: int | None = None, queue: str = "events", **values: str) -> Misfit:
    plain = {"task": None, "code": "not_json", "reason": "no JSON"} | values
    digest = hashlib.sha256(raw).digest()
    return Misfit(
        queue, tag, plain["task"], plain["code"] or "", plain["reason"] or "", raw, size or len(raw), digest
    )


@pytest.fixture
def kept(cli):
    """Three messages: bytes, an envelope for a misspelt task, and the beginning of a long one."""
    store = Store(cli.database_url)
    with store.transaction() as tx:
        quarantine.keep(tx, misfit(b"\x00\xff not JSON\x1b[31m", "a"))
        quarantine.keep(tx, misfit(b'{"x": 1}', "b", task="tasks.events.recieve\0", code="unknown_task"))
        quarantine.keep(tx, misfit(b"xxx", "c", size=3_000_000, code="too_large"))
    store.close()
    return cli


def test_messages_set_aside_are_listed_and_counted(kept):
    found = kept.json("quarantine", "list")["messages"]
    assert [(row["id"], row["code"], row["size"], row["state"]) for row in found] == [
        (3, "too_large", 3_000_000, "kept"), (2, "unknown_task", 8, "kept"), (1, "not_json", 16, "kept"),
    ]  # fmt: skip
    assert found[1]["task"] == "tasks.events.recieve\\0"
    assert kept.json("quarantine", "list", "--limit", "1")["next"] == "3"
    assert "unknown_task: no JSON" in kept("quarantine", "list").out
    assert kept.json("status", code=6)["work"]["quarantine"] == 3
    doctor = kept.json("doctor", code=6)["checks"]
    assert [check["said"] for check in doctor if check["name"] == "messages set aside"] == ["3"]


def test_a_message_is_shown_without_letting_it_write_to_the_terminal(kept, tmp_path):
    shown = kept("quarantine", "show", "1").out
    assert "not JSON" in shown
    assert "\x1b" not in shown
    assert "\x00" not in shown
    kept("quarantine", "show", "1", "--save", str(tmp_path / "message"))
    assert (tmp_path / "message").read_bytes() == b"\x00\xff not JSON\x1b[31m"
    assert kept("quarantine", "show", "9", code=3).err.startswith("error: no message 9")


def test_a_message_goes_back_on_its_queue_as_it_was(kept, environment, valkey):
    environment("SETTLE_BROKER_URL", valkey)
    environment("SETTLE_BROKER_KEY_PREFIX", "quarantine-test:")
    with redis.Redis.from_url(valkey) as client:
        client.delete("quarantine-test:events")
        refused = kept("quarantine", "release", "1", "3", code=4).err
        assert "not_whole" in refused
        assert client.llen("quarantine-test:events") == 0
        assert kept.json("quarantine", "release", "1", "2") == {"released": [1, 2]}
        assert client.lrange("quarantine-test:events", 0, -1) == [b'{"x": 1}', b"\x00\xff not JSON\x1b[31m"]
        client.delete("quarantine-test:events")
    assert "released already" in kept("quarantine", "release", "1", code=3).err
    assert [row["id"] for row in kept.json("quarantine", "list")["messages"]] == [3]
    assert len(kept.json("quarantine", "list", "--all")["messages"]) == 3


def test_without_a_broker_nothing_is_released(kept, environment):
    environment("SETTLE_BROKER_URL", "redis://127.0.0.1:1/0")
    kept("quarantine", "release", "1", code=6)
    assert len(kept.json("quarantine", "list")["messages"]) == 3


def test_a_dropped_message_leaves_its_record_and_no_bytes(kept):
    assert kept.json("quarantine", "drop", "1") == {"dropped": [1]}
    assert kept.rows("SELECT raw, state, size FROM quarantine WHERE id = 1") == [(b"", "dropped", 16)]
    assert "dropped already" in kept("quarantine", "drop", "1", code=3).err
    assert kept.rows("SELECT count(*) FROM quarantine WHERE state = 'kept'") == [(2,)]


def test_a_flood_of_messages_is_kept_by_their_beginnings(cli, monkeypatch):
    monkeypatch.setattr(quarantine, "MOST_WHOLE", 2)
    store = Store(cli.database_url)
    with store.transaction() as tx:
        for number in range(4):
            quarantine.keep(tx, misfit(b"x" * 5000, f"flood-{number}"))
        # The broker hands one out again.
        quarantine.keep(tx, misfit(b"x" * 5000, "flood-0"))
    store.close()
    assert cli.rows("SELECT length(raw), size, times FROM quarantine ORDER BY id") == [
        (5000, 5000, 2), (5000, 5000, 1), (1024, 5000, 1), (1024, 5000, 1),
    ]  # fmt: skip
    assert json.loads(cli("quarantine", "show", "3", "--json").out)["kept_bytes"] == 1024

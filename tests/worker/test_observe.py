"""Logs and signs of life without any server."""

from __future__ import annotations

import json
import logging
import os
import time
from pathlib import Path

import pytest

from worker import health, observe


def test_correlation_ids_are_those_of_the_inbox_and_few() -> None:
    known = {"source": "s", "event_id": "e", "correlation_id": "c"}
    events = [known, {"source": "s", "event_id": "e"}, json.dumps(known).encode(), b"{", 7, *[known] * 100]
    ids = observe.correlation_ids(events)
    assert ids[:5] == ["c", "s/e", "c", "?", "?"]
    assert len(ids) == observe.IDS_LOGGED


def test_the_body_of_an_unreadable_message_stays_out_of_the_log() -> None:
    said = "Received unregistered task of type %s.\n\nThe full contents of the message body was:\n%s\n"
    record = logging.LogRecord(
        "celery.worker.consumer.consumer", logging.ERROR, "", 0, said, ("'tasks.x'", "amount 42"), None
    )
    assert observe._Shorter().filter(record)
    assert record.getMessage() == "Received unregistered task of type 'tasks.x'."
    alone = logging.LogRecord(
        "celery.worker.consumer.consumer",
        logging.WARNING,
        "",
        0,
        "Unknown.\nmessage body was: %s",
        ("amount 42",),
        None,
    )
    assert observe._Shorter().filter(alone)
    assert "42" not in alone.getMessage()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SETTLE_STATE_DIR", str(tmp_path))
    return tmp_path


def test_a_probe_says_no_before_the_first_sign_of_life_and_yes_after_it(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert health.main(["worker"]) == 1
    health.touch("events")
    assert health.main(["worker"]) == health.main(["events"]) == 0
    assert health.main(["beat"]) == 1
    health.touch("beat")
    assert health.main(["beat"]) == 0
    health.remove("events")
    assert health.main(["worker"]) == 1
    assert str(state) in capsys.readouterr().out


def test_each_process_has_a_sign_of_its_own_and_what_ended_says_nothing(state: Path) -> None:
    health.touch("events")
    # Somebody of the same name who was killed, and somebody else who has their id now.
    for pid, started in ((2**22 + 1, "1"), (1, "before the beginning")):
        health.path_of("events", pid).write_text(started)
    # Another host's, in a folder that both see.
    (state / "health" / "events@elsewhere.7").write_text("1")
    assert [sign.pid for sign in health.signs("events")] == [os.getpid()]
    assert {path.name.partition("@")[2] for path in (state / "health").iterdir()} == {
        health.path_of("events").name.partition("@")[2], "elsewhere.7",
    }  # fmt: skip


def test_a_probe_says_no_when_any_worker_of_the_folder_is_silent(state: Path) -> None:
    health.touch("events")
    health.touch("upkeep")
    old = time.time() - 100
    os.utime(health.path_of("upkeep"), (old, old))
    assert health.main(["events"]) == 0
    assert health.main(["worker"]) == 1
    assert health.main(["worker", "--max-age-s", "1000"]) == 0

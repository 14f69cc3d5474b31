"""From the consumer into the quarantine: whoever hands a message over hears what became of it. Rule: R11.6."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from settlement.storage.work import quarantine as storage
from settlement.storage.work.quarantine import Misfit
from worker.celery import quarantine
from worker.celery.quarantine import Quarantine
from worker.runtime import Runtime


def _misfit(**values: str) -> Misfit:
    return Misfit("events", "tag", None, "bad_body", "no JSON", b"x", 1, b"0" * 32)._replace(**values)  # type: ignore[arg-type]


def _outcome(put: Callable[[Callable[[], None], Callable[[], None]], None]) -> str:
    said: list[str] = []
    done = threading.Event()

    def say(word: str) -> Callable[[], None]:
        def saying() -> None:
            said.append(word)
            done.set()

        return saying

    put(say("kept"), say("given up"))
    assert done.wait(30)
    return " ".join(said)


def test_what_a_sender_wrote_keeps_no_message_out(rt: Runtime) -> None:
    misfit = _misfit(queue="a\0b", delivery_tag="c\0d", code="e\0f")
    assert _outcome(lambda kept, given_up: Quarantine().put(misfit, kept, given_up)) == "kept"
    with rt.store.transaction() as tx:
        found = tx.execute(text("SELECT queue, delivery_tag, code FROM quarantine")).all()
    assert found == [("a\\0b", "c\\0d", "e\\0f")]


def test_what_could_not_be_kept_is_given_up(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("not this one")

    monkeypatch.setattr(storage, "keep", fail)
    assert _outcome(lambda kept, given_up: Quarantine().put(_misfit(), kept, given_up)) == "given up"


def test_one_too_many_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST_WAITING", 1)
    monkeypatch.setattr(Quarantine, "_run", lambda _self: None)
    full = Quarantine()
    full.put(_misfit(), lambda: None, lambda: None)
    assert _outcome(lambda kept, given_up: full.put(_misfit(), kept, given_up)) == "given up"

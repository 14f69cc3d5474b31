"""Events that are recorded together: who is refused while too many wait, and nothing is accepted that was not kept.

Rule: R12.3, R12.6b.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from interfaces.http.api import intake
from settlement.errors import Unavailable
from settlement.operations.inbox.receive import record_and_read
from tests.interfaces.http.api.test_events import OPENED, TOP_UP
from tests.support.running.processes import wait_for


class Recorder:
    """Records when it may, and then as often as it is to fails as if the database were gone before the commit."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.fails = 0
        self.together: list[int] = []

    def __call__(self, store, arrivals, *, ingress):
        self.together.append(len(arrivals))
        self.may.wait(30)
        if len(self.together) > 1 and self.fails:
            self.fails -= 1
            raise Unavailable("the connection was lost")
        return record_and_read(store, arrivals, ingress=ingress)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Whoever comes waits until a test lets them be recorded."""
    made = Recorder()
    monkeypatch.setattr(intake, "record_and_read", made)
    yield made
    made.may.set()


def _numbered(number: int) -> dict[str, object]:
    return {**TOP_UP, "event_id": f"tu-{number}"}


def _kept(server) -> set[str]:
    with server.runtime.store.transaction() as tx:
        return set(tx.exec_driver_sql("SELECT event_id FROM inbox").scalars())


def _checked(answer: httpx.Response) -> int:
    """The status, after a look at what an answer has besides."""
    if answer.status_code in {429, 503}:
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


def _together(server, recorder: Recorder, events: Sequence[object], done: int) -> list[int]:
    """Sends an event that is being recorded, and then these at once; `done` of them end before any is recorded."""
    crm = server.caller()
    with ThreadPoolExecutor(len(events) + 1) as threads:
        first = threads.submit(crm, "POST", "/events", OPENED)
        wait_for(lambda: recorder.together)
        others = [threads.submit(crm, "POST", "/events", event) for event in events]
        wait_for(lambda: sum(one.done() for one in others) >= done)
        if not done:
            # Each has a connection of its own, and is in the queue well within this time.
            threading.Event().wait(1)
        recorder.may.set()
        assert _checked(first.result()) == 202
        return [_checked(one.result()) for one in others]


def test_while_too_many_wait_whoever_comes_is_told_to_come_later_and_nothing_of_it_is_kept(
    server, recorder, monkeypatch
):
    monkeypatch.setattr(intake, "_MOST_WAITING", 3)
    statuses = _together(server, recorder, [_numbered(number) for number in range(8)], done=5)
    assert sorted(statuses) == [202] * 3 + [429] * 5
    accepted = {f"tu-{number}" for number, status in enumerate(statuses) if status == 202}
    assert _kept(server) == {OPENED["event_id"], *accepted}
    assert recorder.together[:2] == [1, 3]


def test_a_batch_larger_than_what_may_wait_is_taken_when_nobody_waits(server, monkeypatch):
    monkeypatch.setattr(intake, "_MOST_WAITING", 3)
    crm = server.caller()
    assert crm("POST", "/events", [_numbered(number) for number in range(5)]).status_code == 202
    assert len(_kept(server)) == 5


def test_those_that_were_recorded_together_and_were_not_are_all_told_so(server, recorder):
    recorder.fails = 1
    events = [_numbered(1), _numbered(2), [_numbered(3), _numbered(4)]]
    assert _together(server, recorder, events, done=0) == [503, 503, 503]
    assert recorder.together[:2] == [1, 4]
    assert _kept(server) == {OPENED["event_id"]}
    crm = server.caller()
    assert [crm("POST", "/events", event).status_code for event in events] == [202, 202, 202]
    assert len(_kept(server)) == 5

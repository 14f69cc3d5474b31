"""The load beside the events that are followed: sent by all of its senders at the rate wanted, each event once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from bench.events.doors import Event, Send, event
from bench.events.latency import _load

EVENTS = [event("top_up", f"t-{number}", f"acct-{number}", {"amount": "1.00"}) for number in range(7)]
WAIT_S = 30


class Taker:
    """Takes events from several threads, each event in a while."""

    def __init__(self, *, takes_s: float) -> None:
        self.taken: list[tuple[int, Event]] = []
        self._takes_s = takes_s
        self._lock = threading.Lock()

    def sender(self, number: int) -> Send:
        def send(events: Sequence[Event]) -> None:
            time.sleep(self._takes_s)
            with self._lock:
                self.taken.extend((number, one) for one in events)

        return send

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_every_event_has_an_id_of_its_own_and_all_senders_and_accounts_have_their_turn() -> None:
    taker = Taker(takes_s=0)
    with _load([taker.sender(number) for number in range(3)], EVENTS, 300.0):
        taker.until(lambda: len(taker.taken) >= 30)
    ids = [one["event_id"] for _, one in taker.taken]
    assert len(set(ids)) == len(ids)
    assert {number for number, _ in taker.taken} == {0, 1, 2}
    assert {one["account"] for _, one in taker.taken} == {one["account"] for one in EVENTS}


def test_no_more_is_sent_than_the_rate_asks_for() -> None:
    taker = Taker(takes_s=0)
    began = time.perf_counter()
    with _load([taker.sender(number) for number in range(4)], EVENTS, 100.0) as load:
        taker.until(lambda: len(taker.taken) >= 20)
    assert len(taker.taken) <= (time.perf_counter() - began) * 100.0
    assert load.per_s <= 100.0


def test_senders_that_wait_for_answers_reach_together_what_none_does_alone() -> None:
    """One connection by HTTP brought a fifth of the load that was asked for."""
    taker = Taker(takes_s=0.02)
    began = time.perf_counter()
    with _load([taker.sender(number) for number in range(8)], EVENTS, 10_000.0):
        taker.until(lambda: len(taker.taken) >= 80)
    alone = (time.perf_counter() - began) / 0.02
    assert len(taker.taken) > alone


def test_without_senders_nothing_is_sent() -> None:
    with _load([], [], 0.0) as load:
        pass
    assert load.per_s == 0

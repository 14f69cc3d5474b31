"""Into the inbox, on a real database: nothing that came is thrown away."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from settlement.errors import Busy, TooLong, Unavailable
from settlement.events.envelope import arrival_of
from settlement.model.arrival import Received
from settlement.operations.inbox import receive as receiving
from settlement.storage.store import Store
from tests.support.running.processes import opened
from worker.ingress import receive
from worker.runtime import Runtime


def test_one_event_that_cannot_be_stored_is_kept_as_text_and_the_others_as_they_are(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_on_poison(store: Store, messages: Sequence[object], *, ingress: str) -> Received:
        if any(isinstance(message, dict) and message.get("account") == "poison" for message in messages):
            raise ValueError("cannot be stored")
        return receiving.receive_events(store, messages, ingress=ingress)

    monkeypatch.setattr(receive, "receive_events", fails_on_poison)
    received = receive.record([opened("a"), opened("poison"), opened("b")], door="test")

    assert received == Received(accepted=2, refused=1, repeated=0)
    with rt.store.transaction() as tx:
        kept = tx.execute(text("SELECT account, state, data ->> 'raw' FROM inbox ORDER BY id")).all()
    assert [tuple(row[:2]) for row in kept] == [("a", "waiting"), ("", "refused"), ("b", "waiting")]
    assert "open-poison" in kept[1][2]


def test_a_batch_that_takes_too_long_is_stored_in_halves(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def slow(store: Store, messages: Sequence[object], *, ingress: str) -> Received:
        sizes.append(len(messages))
        if len(messages) > 2:
            raise TooLong("a statement ran into its time limit")
        return receiving.receive_events(store, messages, ingress=ingress)

    monkeypatch.setattr(receive, "receive_events", slow)
    received = receive.record([opened(f"a{number}") for number in range(8)], door="test")
    assert (received.accepted, sizes) == (8, [8, 4, 2, 2, 4, 2, 2])


def test_a_lock_of_the_inbox_is_in_everybodys_way_and_tried_once(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def locked(store: Store, messages: Sequence[object], *, ingress: str) -> Received:
        tries.append(len(messages))
        raise Busy("a lock was not free")

    monkeypatch.setattr(receive, "receive_events", locked)
    with pytest.raises(Unavailable):
        receive.record([opened(f"a{number}") for number in range(8)], door="test")
    assert tries == [8]


def test_many_large_events_are_recorded_in_several_transactions(rt: Runtime) -> None:
    events = [opened(f"a{number}") | {"data": {"currency": "USD", "name": "n" * 900}} for number in range(10)]
    assert receiving.receive_events(rt.store, events, ingress="test", most_bytes=2_000).accepted == 10
    with rt.store.transaction() as tx:
        assert tx.scalar(text("SELECT count(DISTINCT CAST(CAST(xmin AS text) AS bigint)) FROM inbox")) == 5


def test_what_became_of_each_is_told_by_its_place_also_where_it_was_known_and_over_several_transactions(
    rt: Runtime,
) -> None:
    arrivals = [arrival_of(opened(f"a{number}"), ingress="test") for number in range(5)]
    receiving.record_arrivals(rt.store, arrivals[2:3], ingress="test")
    other = arrivals[0]._replace(data='{"currency": "EUR"}')
    told = receiving.record_and_read(rt.store, [*arrivals, other], ingress="test", most_bytes=60)
    assert [(at, row.account, row.state) for at, row in sorted(told.items())] == [
        *((at, f"a{at}", "waiting") for at in range(5)),
        (5, "a0", "refused"),
    ]

"""The stream door: read, recorded, then acknowledged; what a dead reader held is read by the next."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from sandbox.local.block import broker_server
from settlement.errors import Unavailable
from settlement.model.arrival import Arrival
from tests.support.brokers import Broker
from worker.broker import GROUP, stream_name
from worker.ingress import rate, stream
from worker.ingress.stream import StreamReader, message_of


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK_MS", 1)
    monkeypatch.setattr(stream, "BACK_OFF_FIRST_S", 0.001)


class Door:
    """A stream, its readers, and what they recorded."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.client = broker.client()
        self.name = stream_name(broker.prefix)
        self.recorded: list[object] = []
        self.batches: list[int] = []
        self.away = 0
        self.senders: list[str] = []
        self.lost: list[tuple[str, int]] = []
        # What happens meanwhile, once: while a batch is recorded, while a loss is announced.
        self.while_recording: list[Callable[[], object]] = []
        self.while_announcing: list[Callable[[], object]] = []

    def reader(self, consumer: str = "reader", batch: int = 100) -> StreamReader:
        return StreamReader(
            self.broker.client(),
            prefix=self.broker.prefix,
            consumer=consumer,
            batch=batch,
            record=self._record,
            recorded=lambda: None,
            senders=lambda: self.senders,
            lost=self._announce,
        )

    def _announce(self, source: str, entries: int) -> None:
        while self.while_announcing:
            self.while_announcing.pop()()
        self.lost.append((source, entries))

    def _record(self, messages: Sequence[object]) -> None:
        while self.while_recording:
            self.while_recording.pop()()
        if self.away:
            self.away -= 1
            raise Unavailable("PostgreSQL: gone")
        self.recorded.extend(messages)
        self.batches.append(len(messages))

    def add(self, *events: object) -> list[Any]:
        return [self.client.xadd(self.name, {"event": json.dumps(event)}) for event in events]

    def held_by(self, consumer: str, *, idle_s: float = 0) -> None:
        """Gives the entries that are there to a reader that is gone."""
        self.client.xgroup_create(self.name, GROUP, id="0", mkstream=True)
        held: Any = self.client.xreadgroup(GROUP, consumer, {self.name: ">"}, count=100)
        ids = [entry_id for entry_id, _ in held[0][1]]
        self.client.xclaim(self.name, GROUP, consumer, 0, ids, idle=int(idle_s * 1000), justid=True)

    @property
    def pending(self) -> int:
        found: Any = self.client.xpending(self.name, GROUP)
        return int(found["pending"])

    @property
    def readers(self) -> list[bytes]:
        found: Any = self.client.xinfo_consumers(self.name, GROUP)
        return [reader["name"] for reader in found]


@pytest.fixture
def door(broker: Broker) -> Iterator[Door]:
    made = Door(broker)
    yield made
    made.client.close()


def _events(*numbers: int) -> list[bytes]:
    return [json.dumps(number).encode() for number in numbers]


def test_entries_are_recorded_in_their_order_and_then_deleted(door: Door) -> None:
    door.add(1, 2, 3)
    reader = door.reader()
    reader._step()
    door.add(4)
    reader._step()
    assert door.recorded == _events(1, 2, 3, 4)
    assert (door.client.xlen(door.name), door.pending) == (0, 0)


def test_no_batch_is_larger_than_it_may_be(door: Door) -> None:
    door.add(*range(7))
    reader = door.reader(batch=3)
    for _ in range(3):
        reader._step()
    assert door.batches == [3, 3, 1]


def _pauses(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> list[float]:
    """The pauses that readers made since make at their pace, a minute of it, in each of which something happens."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        meanwhile()

    monkeypatch.setattr(stream, "INTERVAL_S", 60.0)
    monkeypatch.setattr(rate, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    return pauses


def test_what_comes_soon_after_a_batch_is_read_together(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = _pauses(monkeypatch, lambda: door.add(2, 3, 4))
    reader = door.reader()
    door.add(1)
    reader._step()
    assert not pauses, "an entry that comes after a quiet while is read at once"
    reader._step()
    assert door.batches == [1, 3]
    assert [59 < seconds <= 60 for seconds in pauses] == [True]


def test_a_reader_that_is_behind_does_not_pause(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = _pauses(monkeypatch, lambda: None)
    door.add(*range(7))
    reader = door.reader(batch=3)
    for _ in range(3):
        reader._step()
    assert (door.batches, pauses) == ([3, 3, 1], [])
    reader._step()
    assert len(pauses) == 1


def test_after_a_batch_that_is_not_small_there_is_no_pause(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = _pauses(monkeypatch, lambda: None)
    reader = door.reader()
    for entries in (stream.ENOUGH, stream.ENOUGH - 1, 1):
        door.add(*range(entries))
        reader._step()
    assert (door.batches, len(pauses)) == ([stream.ENOUGH, stream.ENOUGH - 1, 1], 1)


def test_a_batch_of_many_is_read_in_slices(door: Door) -> None:
    door.add(*range(100))
    door.reader(batch=50)._step()
    assert door.batches == [50]


def test_a_batch_of_large_entries_holds_few_of_them(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred and eighty of 3.8 MB once came in one answer of the broker, and took 7 GB."""
    monkeypatch.setattr(stream, "SLICE", 4)
    monkeypatch.setattr(stream, "BATCH_BYTES", 10_000)
    door.add(*("x" * 4_000 for _ in range(20)))
    reader = door.reader()
    reader._step()
    assert door.batches == [4]
    for _ in range(4):
        reader._step()
    assert (sum(door.batches), max(door.batches)) == (20, 4)


def test_large_entries_that_were_held_come_a_few_at_a_time_too(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SLICE", 4)
    door.add(*("x" * 4_000 for _ in range(10)))
    door.held_by("reader")
    door.reader()._step()
    door.add(*("x" * 4_000 for _ in range(10)))
    taken: Any = door.client.xreadgroup(GROUP, "dead", {door.name: ">"}, count=100)
    ids = [entry_id for entry_id, _ in taken[0][1]]
    door.client.xclaim(door.name, GROUP, "dead", 0, ids, idle=100_000, justid=True)
    door.reader("heir")._step()
    assert (sum(door.batches), max(door.batches)) == (20, 4)


def test_what_could_not_be_recorded_comes_again_and_nothing_is_lost(door: Door) -> None:
    door.add(1, 2)
    door.away = 1
    reader = door.reader()
    with pytest.raises(Unavailable):
        reader._step()
    assert door.pending == 2
    door.add(3)
    reader._recovering = True
    reader._step()
    reader._step()
    assert door.recorded == _events(1, 2, 3)
    assert (door.client.xlen(door.name), door.pending) == (0, 0)


def test_entries_of_a_dead_reader_are_claimed_and_it_is_forgotten_later(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.add(1, 2)
    door.held_by("dead", idle_s=stream.DEAD_AFTER_S * 2)
    reader = door.reader("heir", batch=1)
    reader._step()
    assert door.recorded == _events(1, 2)
    assert set(door.readers) == {b"dead", b"heir"}
    monkeypatch.setattr(stream, "FORGOTTEN_AFTER_S", -1)
    reader._claim_from_the_dead(door.name)
    assert b"dead" not in door.readers


def test_entries_of_a_reader_that_is_merely_slow_stay_with_it(door: Door) -> None:
    door.add(1)
    door.held_by("slow")
    door.reader("other")._step()
    assert door.recorded == []
    assert door.pending == 1


def test_an_entry_that_was_deleted_while_it_was_held_is_let_go(door: Door) -> None:
    deleted, _ = door.add(1, 2)
    door.held_by("reader")
    door.client.xdel(door.name, deleted)
    door.reader()._step()
    assert door.recorded == _events(2)
    assert door.pending == 0


def test_a_group_that_is_gone_with_the_brokers_memory_is_made_again(door: Door) -> None:
    reader = door.reader()
    door.add(1)
    reader._step()
    door.client.delete(door.name)
    with pytest.raises(redis.ResponseError):
        reader._step()
    door.add(2)
    reader._recovering = True
    reader._step()
    assert door.recorded == _events(1, 2)


def test_a_reader_takes_its_leave_unless_it_still_holds_something(door: Door) -> None:
    reader = door.reader("leaves")
    reader._step()
    reader._leave()
    assert door.readers == []
    door.add(1)
    door.away = 1
    holding = door.reader("holds")
    with pytest.raises(Unavailable):
        holding._step()
    holding._leave()
    assert door.readers == [b"holds"]


def _until(condition: Any) -> None:
    waited = threading.Event()
    for _ in range(5000):
        if condition():
            return
        waited.wait(0.001)
    raise AssertionError("it did not happen")


def test_a_reader_outlives_outages_of_both_sides(fake_broker: Broker) -> None:
    door = Door(fake_broker)
    server = fake_broker.server
    assert server is not None
    server.connected = False
    reader = door.reader()
    thread = threading.Thread(target=reader.run, daemon=True)
    thread.start()
    server.connected = True
    door.away = 3
    door.add(1, 2)
    _until(lambda: door.recorded)
    server.connected = False
    server.connected = True
    door.add(3)
    _until(lambda: len(door.recorded) == 3)
    reader.stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert door.recorded == _events(1, 2, 3)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({b"event": b"{}"}, b"{}"),
        ({b"event": b"", b"other": b"x"}, b""),
        ({b"other": b"\xff"}, {"other": "\\xff"}),
    ],
)
def test_an_entry_without_the_field_is_handed_on_as_it_is(
    fields: dict[bytes, bytes], message: object
) -> None:
    assert message_of(fields) == message


# ------------------------------------------------------------------------------------- a stream per sender
def _sent(door: Door, source: str, *events: object) -> None:
    for event in events:
        door.client.xadd(stream_name(door.broker.prefix, source), {"event": json.dumps(event)})


def _sent_and_cut(door: Door, source: str, event: object, *, left: int) -> None:
    """As a sender does that keeps its stream short."""
    name = stream_name(door.broker.prefix, source)
    door.client.xadd(name, {"event": json.dumps(event)}, maxlen=left, approximate=False)


def _event(event_id: str, **more: object) -> dict[str, object]:
    return {"event_id": event_id, "type": "top_up", "account": "a", "data": {}, **more}


def test_each_sender_has_a_stream_by_which_it_is_itself_and_nobody_else(door: Door) -> None:
    door.senders = ["crm", "web"]
    _sent(door, "crm", _event("1"), _event("2", source="crm"), _event("3", source="web"))
    _sent(door, "web", _event("1"), 7)
    door.add("shared")
    reader = door.reader()
    for _ in range(3):
        reader._step()
    arrivals = [found for found in door.recorded if isinstance(found, Arrival)]
    assert sorted((found.source, found.event_id[:3], found.reason_code or "") for found in arrivals) == [
        ("crm", "1", ""), ("crm", "2", ""), ("crm", "raw", "not_allowed"),
        ("web", "1", ""), ("web", "raw", "bad_shape"),
    ]  # fmt: skip
    assert [found for found in door.recorded if not isinstance(found, Arrival)] == [b'"shared"']
    assert [door.client.xlen(stream_name(door.broker.prefix, one)) for one in (None, "crm", "web")] == [
        0,
        0,
        0,
    ]


def test_a_sender_that_is_made_known_later_is_read(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "REFRESH_S", 0.0)
    reader = door.reader()
    reader._step()
    _sent(door, "late", _event("1"))
    door.senders = ["late"]
    reader._step()
    assert len(door.recorded) == 1


def test_a_sender_with_very_many_keeps_no_other_waiting(door: Door) -> None:
    door.senders = ["busy", "quiet"]
    _sent(door, "busy", *(_event(str(number)) for number in range(60)))
    _sent(door, "quiet", _event("q"))
    reader = door.reader(batch=10)
    for _ in range(3):
        reader._step()
    assert "q" in [found.event_id for found in door.recorded if isinstance(found, Arrival)]


def test_a_stream_cut_by_one_sender_loses_nothing_of_another_and_is_reported_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "DEAD_AFTER_S", 0.0)
    door.senders = ["careless", "careful"]
    reader, other = door.reader(), door.reader("other")
    _sent(door, "careless", _event("0"))
    for one in (reader, other):
        one._step()
    _sent(door, "careful", _event("1"), _event("2"))
    for number in range(1, 6):
        _sent_and_cut(door, "careless", _event(str(number)), left=2)
    for _ in range(4):
        reader._step()
        other._step()
    found = sorted((one.source, one.event_id) for one in door.recorded if isinstance(one, Arrival))
    assert found == [
        ("careful", "1"),
        ("careful", "2"),
        ("careless", "0"),
        ("careless", "4"),
        ("careless", "5"),
    ]
    assert door.lost == [("careless", 3)]


def _cut_before_it_was_read(door: Door, entries: int) -> None:
    """A sender `crm`, so many of whose entries are lost, and another reader that may look for them."""
    door.senders = ["crm"]
    door.reader("first")._step()
    for number in range(entries + 1):
        _sent_and_cut(door, "crm", _event(str(number)), left=1)
    door.client.delete(f"{door.broker.prefix}stream:losses")


def test_a_loss_that_cannot_be_announced_is_announced_later(door: Door) -> None:
    def away() -> None:
        raise Unavailable("PostgreSQL: gone")

    _cut_before_it_was_read(door, 3)
    door.while_announcing.append(away)
    with pytest.raises(Unavailable):
        door.reader()._step()
    door.client.delete(f"{door.broker.prefix}stream:losses")
    for _ in range(2):
        door.reader()._step()
        door.client.delete(f"{door.broker.prefix}stream:losses")
    assert door.lost == [("crm", 3)]


def test_a_loss_that_two_readers_look_for_at_once_is_announced_once(door: Door) -> None:
    _cut_before_it_was_read(door, 3)
    door.while_announcing.append(door.reader("other")._step)
    door.reader()._step()
    assert door.lost == [("crm", 3)]


def test_an_entry_that_two_readers_recorded_is_counted_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted twice it would hide that another one was lost."""
    monkeypatch.setattr(stream, "DEAD_AFTER_S", 0.0)
    door.senders = ["crm"]
    slow = door.reader("slow")
    slow._step()
    _sent(door, "crm", _event("1"))
    door.while_recording.append(door.reader("other")._step)
    slow._step()
    assert len(door.recorded) == 2
    _cut_before_it_was_read(door, 1)
    door.reader()._step()
    assert door.lost == [("crm", 1)]


def test_senders_who_send_nothing_cost_no_question_each(door: Door) -> None:
    def questions(senders: list[str]) -> int:
        door.senders = senders
        reader = door.reader()
        reader._step()
        execute, found = reader._client.execute_command, []

        def count(*command: Any, **options: Any) -> Any:
            found.append(command)
            return execute(*command, **options)

        reader._client.execute_command = count  # type: ignore[method-assign]
        door.add(1)
        reader._step()
        return len(found)

    assert questions([f"s{number}" for number in range(30)]) == questions([])


def test_a_broker_out_of_memory_is_emptied_by_whoever_reads_and_whoever_begins_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "DEAD_AFTER_S", 0.0)
    with broker_server(tmp_path) as url:
        door = Door(Broker(url))
        door.senders = ["crm"]
        reader = door.reader()
        reader._step()
        _sent(door, "crm", *(_event(str(number)) for number in range(4)))
        door.client.config_set("maxmemory", "1")
        # One of whom nothing is there yet keeps nobody waiting.
        door.senders = ["crm", "web"]
        beginner = door.reader("new", batch=2)
        for one in (beginner, reader, reader):
            one._step()
        found = [one.event_id for one in door.recorded if isinstance(one, Arrival)]
        assert found == ["0", "1", "2", "3"]
        assert door.client.xlen(stream_name(door.broker.prefix, "crm")) == 0
        door.client.config_set("maxmemory", "0")
        # What was taken out meanwhile was counted.
        door.reader()._step()
        assert door.lost == []
        door.client.close()


@pytest.mark.parametrize("has_group", [True, False], ids=["whose counting was not begun", "without a group"])
def test_a_stream_begun_while_the_broker_is_out_of_memory_is_read_whole_and_no_loss_is_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_group: bool
) -> None:
    """What its sender cut off before anybody counted is not known; what it cuts off afterwards is."""
    monkeypatch.setattr(stream, "DEAD_AFTER_S", 0.0)
    with broker_server(tmp_path) as url:
        door = Door(Broker(url))
        name = stream_name(door.broker.prefix, "crm")
        for number in range(5):
            _sent_and_cut(door, "crm", _event(str(number)), left=2)
        if has_group:
            # Whoever made it met the limit before it could begin to count.
            door.client.xgroup_create(name, GROUP, id="0")
        door.senders = ["crm"]
        door.client.config_set("maxmemory", "1")
        reader = door.reader()
        for _ in range(3):
            reader._step()
        assert [one.event_id for one in door.recorded if isinstance(one, Arrival)] == ["3", "4"]
        assert door.client.xlen(name) == 0
        door.client.config_set("maxmemory", "0")
        reader._step()
        assert door.lost == []
        for number in range(5, 8):
            _sent_and_cut(door, "crm", _event(str(number)), left=1)
        for _ in range(3):
            reader._step()
        assert door.lost == [("crm", 2)]
        assert len(door.recorded) == 3
        door.client.close()

"""The Redis stream door: entries of `<prefix>stream:events` become inbox rows, in batches, and are then acknowledged.

A sender does `XADD <prefix>stream:events * event '{"source": ...}'`, in any language. An entry is acknowledged after
the inbox commit, and deleted then, so that the stream holds only what is still to be done. It can come twice, which the
inbox refuses, but is not lost with a worker. What a dead reader held is claimed by the next one that looks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import redis
import structlog

from settlement.errors import Unavailable
from worker.broker import GROUP

log = structlog.stdlib.get_logger(__name__)

FIELD = b"event"
# Entries read at a time, and the bytes from which a batch is full: how large the next entry is shows when it is there.
SLICE = 8
BATCH_BYTES = 8_000_000
# A reader waits this long for entries before it looks whether it should stop.
BLOCK_MS = 500
# Entries that a reader has not acknowledged for this long are taken from it. One that is merely slow records them
# too, and the inbox refuses the second time.
DEAD_AFTER_S = 30.0
# Readers without entries are forgotten after this long.
FORGOTTEN_AFTER_S = 3600.0
BACK_OFF_FIRST_S = 0.1
BACK_OFF_MOST_S = 5.0

Entry = tuple[bytes, dict[bytes, bytes] | None]


def message_of(fields: dict[bytes, bytes]) -> object:
    """What an entry brings: its field `event`; without one, all of its fields, which the inbox keeps as refused."""
    event = fields.get(FIELD)
    if event is not None:
        return event
    return {
        name.decode(errors="backslashreplace"): value.decode(errors="backslashreplace")
        for name, value in fields.items()
    }


class StreamReader:
    """Reads a stream until it is told to stop; outlives outages of broker and database.

    `record` commits messages to the inbox and may raise `Unavailable`; `recorded` hears that some wait there, and
    returns at once. `stop` is set from outside.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        stream: str,
        consumer: str,
        batch: int,
        record: Callable[[Sequence[object]], object],
        recorded: Callable[[], None],
    ) -> None:
        self.stop = threading.Event()
        self._client = client
        self._stream = stream
        self._consumer = consumer
        self._batch = batch
        self._record = record
        self._recorded = recorded
        # Set until the group is known to exist and nothing that this reader was given waits unacknowledged.
        self._recovering = True
        self._claim_at = 0.0

    def run(self) -> None:
        """Reads until `stop` is set. Never raises."""
        back_off_s = BACK_OFF_FIRST_S
        while not self.stop.is_set():
            try:
                self._step()
                back_off_s = BACK_OFF_FIRST_S
            except Exception as error:  # whatever it is, the door must open again
                self._recovering = True
                expected = isinstance(error, (redis.RedisError, Unavailable))
                log.warning(
                    "stream reader waits",
                    error=f"{type(error).__name__}: {error}"[:200],
                    exc_info=not expected,
                )
                self.stop.wait(back_off_s)
                back_off_s = min(back_off_s * 2, BACK_OFF_MOST_S)
        self._leave()

    def _step(self) -> None:
        if self._recovering:
            self._make_group()
            while self._record_and_acknowledge(self._read("0", SLICE)):
                pass
            self._recovering = False
        if time.monotonic() >= self._claim_at:
            self._claim_from_the_dead()
            self._claim_at = time.monotonic() + DEAD_AFTER_S
        self._record_and_acknowledge(self._read_batch())

    def _make_group(self) -> None:
        """The group may be gone with the broker's data. It begins at the first entry: what is done is deleted."""
        try:
            self._client.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def _read_batch(self) -> list[Entry]:
        """New entries, waiting for the first of them: as many as a batch has, or fewer that are large."""
        entries: list[Entry] = []
        size = 0
        while len(entries) < self._batch and size < BATCH_BYTES:
            wanted = min(SLICE, self._batch - len(entries))
            found = self._read(">", wanted, block=not entries)
            entries += found
            size += sum(_size(entry) for entry in found)
            if len(found) < wanted:
                break
        return entries

    def _read(self, after: str, count: int, *, block: bool = False) -> list[Entry]:
        """New entries (`>`), or those given to this reader before and not acknowledged (`0`)."""
        found: Any = self._client.xreadgroup(
            GROUP, self._consumer, {self._stream: after}, count=count, block=BLOCK_MS if block else None
        )
        streams = found.items() if isinstance(found, dict) else found or ()
        return [entry for _, entries in streams for entry in _flat(entries)]

    def _record_and_acknowledge(self, entries: Sequence[Entry]) -> bool:
        """Records, then acknowledges. False when there was nothing."""
        if not entries:
            return False
        messages = [message_of(fields) for _, fields in entries if fields]
        if messages:
            self._record(messages)
            self._recorded()
        ids = [entry_id for entry_id, _ in entries]
        with self._client.pipeline(transaction=True) as pipe:
            pipe.xack(self._stream, GROUP, *ids)
            pipe.xdel(self._stream, *ids)
            pipe.execute()
        return True

    def _claim_from_the_dead(self) -> None:
        after: bytes | str = "0-0"
        while not self.stop.is_set():
            found: Any = self._client.xautoclaim(
                self._stream, GROUP, self._consumer, int(DEAD_AFTER_S * 1000), after, count=SLICE
            )
            after, entries = found[0], found[1]
            if entries:
                log.info("stream entries claimed from another reader", entries=len(entries))
                self._record_and_acknowledge(_flat(entries))
            if after in (b"0-0", "0-0"):
                break
        for reader in self._client.xinfo_consumers(self._stream, GROUP):
            # A reader that is only idle comes back by itself: reading makes it known again.
            if reader["pending"] == 0 and reader["idle"] > FORGOTTEN_AFTER_S * 1000:
                self._client.xgroup_delconsumer(self._stream, GROUP, reader["name"])

    def _leave(self) -> None:
        """Takes this reader off the list. Its unacknowledged entries, if any, keep it there, to be claimed."""
        try:
            readers = self._client.xinfo_consumers(self._stream, GROUP)
            if any(_text(reader["name"]) == self._consumer and reader["pending"] == 0 for reader in readers):
                self._client.xgroup_delconsumer(self._stream, GROUP, self._consumer)
        except redis.RedisError:
            log.debug("the broker is away; another reader will clear up")
        self._client.close()


def _flat(entries: Any) -> list[Entry]:
    return [(entry_id, fields) for entry_id, fields in entries]


def _size(entry: Entry) -> int:
    _, fields = entry
    return sum(len(name) + len(value) for name, value in (fields or {}).items())


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value

"""The Redis stream door: entries of streams become inbox rows, in batches, and are then acknowledged.

Every known sender has a stream of its own, `<prefix>stream:events:<source>`, beside the one that all share. A sender
does `XADD <stream> * event '{"type": ...}'`, in any language. An entry is acknowledged after the inbox commit, and
deleted then, so that a stream holds only what is still to be done. It can come twice, which the inbox refuses, but is
not lost with a worker. What a dead reader held is claimed by the next one that looks. What a sender's own `MAXLEN` has
cut off before it was read shows in the count of what was ever added, and is reported. Rule: R12.1d.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import redis
import structlog

from settlement.errors import Unavailable
from settlement.events.envelope import arrival_of_sender
from worker.broker import GROUP, stream_name
from worker.ingress.losses import Losses, count_name
from worker.ingress.rate import RateLimit

log = structlog.stdlib.get_logger(__name__)

FIELD = b"event"
# Entries read at a time, and the bytes from which a batch is full: how large the next entry is shows when it is there.
SLICE = 8
BATCH_BYTES = 8_000_000
# Least time after a small batch. Most of what it costs is the batch: a reader that took what has come at once, a dozen
# entries as a rule, kept a processor busy that those settling them lack. An entry that comes alone does not wait.
INTERVAL_S = 0.01
# A batch of so many is not small: more of them together would cost little less, and more is waiting, as a rule.
ENOUGH = 64
# A reader waits this long for entries before it looks whether it should stop.
BLOCK_MS = 500
# Entries that a reader has not acknowledged for this long are taken from it. One that is merely slow records them
# too, and the inbox refuses the second time.
DEAD_AFTER_S = 30.0
# Readers without entries are forgotten after this long.
FORGOTTEN_AFTER_S = 3600.0
BACK_OFF_FIRST_S = 0.1
BACK_OFF_MOST_S = 5.0
# Who was made known since is read after this long.
REFRESH_S = 5.0

# New entries of the streams in turn, a few at a time until they are a batch or have so many bytes; one round trip for
# all of them, and no more than a question for a stream that is idle.
READ = """
local read = {}
local group, reader, slice, batch, bytes = ARGV[1], ARGV[2], unpack(ARGV, 3)
for _, name in ipairs(KEYS) do
  local more = redis.call('XLEN', name) > 0
  while more and #read < tonumber(batch) and tonumber(bytes) > 0 do
    local wanted = math.min(slice, batch - #read)
    local found = redis.call('XREADGROUP', 'GROUP', group, reader, 'COUNT', wanted, 'STREAMS', name, '>')
    local entries = found and found[1][2] or {}
    for _, entry in ipairs(entries) do
      read[#read + 1] = {name, entry[1], entry[2]}
      for _, text in ipairs(entry[2]) do bytes = bytes - #text end
    end
    more = #entries == wanted
  end
end
return read"""
# Makes the group, which may be gone with the broker's data, from the first entry on: what is done is deleted. Of a
# sender's stream what is taken out is counted from then on, unless somebody does; what was cut off before is not known.
# It begins with a command that a broker out of memory takes, after which it takes the others as well.
BEGIN = """
redis.call('HDEL', KEYS[2], '')
local is_made = false
if redis.call('EXISTS', KEYS[1]) == 1 then
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do is_made = is_made or group[2] == ARGV[1] end
end
if not is_made then redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM') end
if ARGV[2] == '' then return end
local there = redis.call('XINFO', 'STREAM', KEYS[1])
local seen = {['entries-added'] = 0}
for place = 1, #there, 2 do seen[there[place]] = there[place + 1] end
redis.call('HSETNX', KEYS[2], KEYS[1], seen['entries-added'] - seen['length'])"""
# Whoever acknowledges an entry has taken it out, whoever else has recorded it too. It begins as `BEGIN` does.
TAKE_OUT = """
local taken = 0
for first = 2, #ARGV, 1000 do
  local last = math.min(first + 999, #ARGV)
  taken = taken + redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, first, last))
  redis.call('XDEL', KEYS[1], unpack(ARGV, first, last))
end
if KEYS[2] and taken > 0 then redis.call('HINCRBY', KEYS[2], KEYS[1], taken) end"""


class Entry(NamedTuple):
    """An entry of a stream; its fields are gone where it was cut off after it had been handed out."""

    stream: str
    id: bytes
    fields: dict[bytes, bytes] | None


def message_of(fields: dict[bytes, bytes], source: str | None = None) -> object:
    """What an entry brings: its field `event`; without one, all of its fields, which the inbox keeps as refused.

    By a sender's own stream it is the sender's.
    """
    message: object = fields.get(FIELD)
    if message is None:
        message = {
            name.decode(errors="backslashreplace"): value.decode(errors="backslashreplace")
            for name, value in fields.items()
        }
    return message if source is None else arrival_of_sender(message, source, ingress="stream")


class StreamReader:
    """Reads streams until it is told to stop; outlives outages of broker and database.

    `senders` are the sources that have a stream of their own; `lost` hears of one whose entries were cut off before
    they were read, and how many. `record` commits messages to the inbox and may raise `Unavailable`; `recorded` hears
    that some wait there, and returns at once. `stop` is set from outside.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        prefix: str,
        consumer: str,
        batch: int,
        record: Callable[[Sequence[object]], object],
        recorded: Callable[[], None],
        senders: Callable[[], Sequence[str]] = lambda: (),
        lost: Callable[[str, int], object] = lambda source, entries: None,  # noqa: ARG005
    ) -> None:
        self.stop = threading.Event()
        self._client = client
        self._prefix = prefix
        # By name, whose it is; the one that all share is nobody's.
        self._streams: dict[str, str | None] = {}
        self._first = 0
        self._refresh_at = 0.0
        self._senders = senders
        self._losses = Losses(client, prefix, consumer, lost)
        self._consumer = consumer
        self._batch = batch
        self._rate = RateLimit(INTERVAL_S)
        # The last batch was not small.
        self._is_behind = False
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
        if self._recovering or time.monotonic() >= self._refresh_at:
            self._find_streams()
        if self._recovering:
            for name in self._streams:
                while self._record_and_acknowledge(self._read({name: "0"}, SLICE)):
                    pass
            self._recovering = False
        if time.monotonic() >= self._claim_at:
            for name in self._streams:
                self._claim_from_the_dead(name)
            self._losses.find(self._streams, every_s=DEAD_AFTER_S)
            self._claim_at = time.monotonic() + DEAD_AFTER_S
        if not self._is_behind:
            self._rate.wait()
        entries = self._read_batch()
        if not entries:
            # One of each is little, and whoever comes first is served at once.
            entries = self._read(dict.fromkeys(self._streams, ">"), 1, block=True)
        if self._record_and_acknowledge(entries):
            self._rate.ended()
        self._is_behind = len(entries) >= min(ENOUGH, self._batch)

    def _find_streams(self) -> None:
        sources = (None, *self._senders())
        known = {stream_name(self._prefix, source): source for source in sources}
        for name, source in known.items():
            if self._recovering or name not in self._streams:
                self._client.eval(BEGIN, 2, name, count_name(self._prefix), GROUP, source or "")
        self._streams = known
        self._refresh_at = time.monotonic() + REFRESH_S

    def _read_batch(self) -> list[Entry]:
        """New entries of the streams in turn: as many as a batch has, or fewer that are large."""
        names = list(self._streams)
        # Whoever was first is last the next time, so that no sender with very many keeps another waiting.
        self._first = (self._first + 1) % len(names)
        keys = names[self._first :] + names[: self._first]
        given = (GROUP, self._consumer, SLICE, self._batch, BATCH_BYTES)
        execute: Any = self._client.execute_command
        return [
            Entry(_text(name), entry_id, dict(zip(fields[::2], fields[1::2], strict=True)))
            for name, entry_id, fields in execute("EVAL", READ, len(keys), *keys, *given)
        ]

    def _read(self, after: Mapping[str, str], count: int, *, block: bool = False) -> list[Entry]:
        """New entries (`>`), or those given to this reader before and not acknowledged (`0`), by stream."""
        streams: Any = dict(after)
        found: Any = self._client.xreadgroup(
            GROUP, self._consumer, streams, count=count, block=BLOCK_MS if block else None
        )
        by_stream = found.items() if isinstance(found, dict) else found or ()
        return [entry for name, entries in by_stream for entry in _flat(_text(name), entries)]

    def _record_and_acknowledge(self, entries: Sequence[Entry]) -> bool:
        """Records, then acknowledges. False when there was nothing."""
        if not entries:
            return False
        messages = [
            message_of(entry.fields, self._streams.get(entry.stream)) for entry in entries if entry.fields
        ]
        if messages:
            self._record(messages)
            self._recorded()
        there: dict[str, list[bytes]] = {}
        cut_off: dict[str, list[bytes]] = {}
        for entry in entries:
            (there if entry.fields else cut_off).setdefault(entry.stream, []).append(entry.id)
        with self._client.pipeline(transaction=False) as pipe:
            for name, ids in there.items():
                keys = [name] if self._streams.get(name) is None else [name, count_name(self._prefix)]
                pipe.eval(TAKE_OUT, len(keys), *keys, GROUP, *ids)
            for name, ids in cut_off.items():
                pipe.xack(name, GROUP, *ids)
            pipe.execute()
        return True

    def _claim_from_the_dead(self, name: str) -> None:
        after: bytes | str = "0-0"
        while not self.stop.is_set():
            found: Any = self._client.xautoclaim(
                name, GROUP, self._consumer, int(DEAD_AFTER_S * 1000), after, count=SLICE
            )
            after, entries = found[0], found[1]
            if entries:
                log.info("stream entries claimed from another reader", entries=len(entries))
                self._record_and_acknowledge(_flat(name, entries))
            if after in (b"0-0", "0-0"):
                break
        for reader in self._client.xinfo_consumers(name, GROUP):
            # A reader that is only idle comes back by itself: reading makes it known again.
            if reader["pending"] == 0 and reader["idle"] > FORGOTTEN_AFTER_S * 1000:
                self._client.xgroup_delconsumer(name, GROUP, reader["name"])

    def _leave(self) -> None:
        """Takes this reader off the lists. Its unacknowledged entries, if any, keep it there, to be claimed."""
        try:
            for name in self._streams:
                readers = self._client.xinfo_consumers(name, GROUP)
                if any(_text(one["name"]) == self._consumer and one["pending"] == 0 for one in readers):
                    self._client.xgroup_delconsumer(name, GROUP, self._consumer)
        except redis.RedisError:
            log.debug("the broker is away; another reader will clear up")
        self._client.close()


def _flat(stream: str, entries: Any) -> list[Entry]:
    return [Entry(stream, entry_id, fields) for entry_id, fields in entries]


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value

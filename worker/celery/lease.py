"""What a worker has in hand: messages that were moved off their queue into a list of its own, until acknowledged.

Kombu takes a message off its queue (`BRPOP`) and notes afterwards that it has it: whoever dies in between takes it
along. Here both is one command (`BLMOVE`): at every instant a message is on its queue or in exactly one list.

    <prefix>in-hand:<queue>:<worker>   list, the newest first: what one connection of a worker has, byte by byte
    <prefix>leases                     sorted set: every such list, and until when its worker counts as alive

Instants are milliseconds of the broker's clock. A worker moves its own on every few seconds from its main loop. Whose
lease has run out is dead or as good as that, and any worker puts what it had back on its queue, in one step, so that
two who do it at once do it once. One that was only slow works on a message that somebody else has too: its
acknowledgement finds nothing. Decision: 0076.

Every script begins with a command that a broker out of memory takes, after which it takes the others as well.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Sequence
from typing import Any

import redis
import structlog

from worker.broker import LEASE_S
from worker.celery.suspects import COUNTED, Suspects

log = structlog.stdlib.get_logger(__name__)

# A list whose worker is gone is looked at for so much longer: one that wakes up may have something put into it.
REMEMBERED_S = 900.0
# Kombu's other lists of a queue, for priorities that nobody here gives.
PRIORITIES = (3, 6, 9)
SEPARATOR = "\x06\x16"
GATHERED_AT_ONCE = 1000

_NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
RENEW = (
    _NOW
    + """
for i = 2, #ARGV do
  redis.call('ZREM', KEYS[1], ARGV[i])
  redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i])
end
return redis.call('EXISTS', KEYS[2])"""
)
TAKE = """
local taken, size = {}, 0
for _ = 1, ARGV[1] do
  local item = redis.call('RPOP', KEYS[1])
  if not item then break end
  redis.call('LPUSH', KEYS[2], item)
  taken[#taken + 1] = item
  size = size + #item
  if size >= tonumber(ARGV[2]) then break end
end
return taken"""
REJECT = """
if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
return redis.call('LPUSH', KEYS[2], ARGV[1])"""
# From the last on, so that the first is next on the queue in the end.
PUT_BACK = """
for i = #ARGV, 1, -1 do
  if redis.call('LREM', KEYS[1], -1, ARGV[i]) > 0 then redis.call('RPUSH', KEYS[2], ARGV[i]) end
end"""
# The newest comes first, so that the oldest is next on the queue in the end.
_PUT_ALL_BACK = """
local moved = {}
while true do
  local item = redis.call('LPOP', KEYS[2])
  if not item then break end
  redis.call('RPUSH', KEYS[3], item)
  moved[#moved + 1] = item
end
"""
END = _PUT_ALL_BACK + "redis.call('ZREM', KEYS[1], ARGV[1]) return #moved"
LAPSED = _NOW + "return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)"
RESTORE = (
    _NOW
    + """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if due and tonumber(due) > now then return 0 end
"""
    + _PUT_ALL_BACK
    + "local suspects = KEYS[4]"
    + COUNTED
    + """
if #moved == 0 and due and tonumber(due) < now - ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[1]) end
return moved"""
)
GATHER = """
local count = 0
for _ = 1, ARGV[1] do
  local item = redis.call('RPOP', KEYS[1])
  if not item then break end
  redis.call('LPUSH', KEYS[2], item)
  count = count + 1
end
return count"""


class Lease:
    """The lists of one connection of a worker, one for each queue it reads, and the time until it counts as alive.

    Every method may raise what the client raises. An acknowledgement may be given by any thread; all else is the
    main loop's.
    """

    def __init__(self, client: redis.Redis, prefix: str, *, seconds: float = LEASE_S) -> None:
        self._client = client
        self._prefix = prefix
        self._seconds = seconds
        self._name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._queues: set[str] = set()
        self._renewed_at = 0.0
        self.suspects = Suspects(client, prefix)

    def list_of(self, queue: str) -> str:
        """The key of what is in hand of a queue."""
        return f"{self._prefix}in-hand:{self._member(queue)}"

    def renew(self, queue: str | None = None) -> None:
        """Says that this worker is alive, and, if a queue is named, that it reads that too. Seldom more than a look.

        Also by the clock of the host: a process that was stopped for long says so before it takes anything.
        """
        is_new = queue is not None and queue not in self._queues
        if queue is not None:
            self._queues.add(queue)
        if not is_new and 0 <= time.time() - self._renewed_at < self._seconds / 10:
            return
        members = [self._member(name) for name in self._queues]
        if members:
            self._renew(self._seconds, members)
            self._renewed_at = time.time()

    def extend(self, seconds: float) -> None:
        """For one that takes nothing more and ends when its tasks have: it is not asked again before that."""
        members = [self._member(name) for name in self._queues]
        if members:
            self._renew(seconds, members)
            self._renewed_at = time.time() + seconds

    def _renew(self, seconds: float, members: Sequence[str]) -> None:
        keys = [self._leases, self.suspects.key]
        self.suspects.is_any = bool(self._call(RENEW, keys, round(seconds * 1000), *members))

    def wait_command(self, queue: str, timeout_s: float) -> tuple[object, ...]:
        """The command that moves the oldest message, waiting for it. A broker out of memory refuses it."""
        return ("BLMOVE", f"{self._prefix}{queue}", self.list_of(queue), "RIGHT", "LEFT", timeout_s)

    def take_command(self, queue: str, count: int, size: int) -> tuple[object, ...]:
        """The command that moves up to `count` messages at once, and no further one from `size` bytes on."""
        return ("EVAL", TAKE, 2, f"{self._prefix}{queue}", self.list_of(queue), count, size)

    def rest_command(self, timeout_s: float) -> tuple[object, ...]:
        """A command that only waits, as a broker out of memory does too."""
        return ("BRPOP", f"{self._leases}:none", timeout_s)

    def take(self, queue: str) -> bytes | None:
        """Moves the oldest message of a queue, if there is one."""
        self.renew(queue)
        oldest: Any = self._client.lmove(f"{self._prefix}{queue}", self.list_of(queue), "RIGHT", "LEFT")
        return None if oldest is None else bytes(oldest)

    def acknowledge(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Lets go of messages, each with its queue, in one round trip. One that is no longer in hand is passed over."""
        if len(messages) == 1 and not self.suspects.is_any:
            queue, item = messages[0]
            self._client.lrem(self.list_of(queue), -1, item)  # type: ignore[arg-type]  # bytes are meant
            return
        with self._client.pipeline(transaction=False) as pipe:
            for queue, item in messages:
                pipe.lrem(self.list_of(queue), -1, item)  # type: ignore[arg-type]  # as above
            self.suspects.forget(pipe, [item for _, item in messages])
            pipe.execute()

    def reject(self, queue: str, item: bytes) -> None:
        """Puts a message back on its queue, behind all others, unless somebody has done so already."""
        self._call(REJECT, [self.list_of(queue), f"{self._prefix}{queue}"], item)

    def put_back(self, queue: str, items: Sequence[bytes]) -> None:
        """Puts messages back where they were, the first of them next on their queue."""
        if items:
            self._call(PUT_BACK, [self.list_of(queue), f"{self._prefix}{queue}"], *items)

    def end(self) -> int:
        """Puts back all that is in hand, and gives up the lease. How many messages."""
        count: int = 0
        for queue in self._queues:
            keys = [self._leases, self.list_of(queue), f"{self._prefix}{queue}"]
            count += self._call(END, keys, self._member(queue))
        self._queues.clear()
        return count

    def close(self) -> None:
        """The same, and without its connections."""
        try:
            self.end()
        finally:
            self._client.connection_pool.disconnect()

    def restore(self) -> int:
        """Puts back what the dead had in hand, and counts it in the same step, so that whoever takes it finds how often
        it came back. How many messages.
        """
        count: int = 0
        for member in self._call(LAPSED, [self._leases]):
            lost = member.decode()
            queue = lost.rpartition(":")[0]
            keys = [
                self._leases, f"{self._prefix}in-hand:{lost}", f"{self._prefix}{queue}", self.suspects.key
            ]  # fmt: skip
            found = self._call(RESTORE, keys, lost, round(REMEMBERED_S * 1000))
            if found:
                log.warning(
                    "messages of a dead worker are back on their queue", worker=lost, messages=len(found)
                )
                self.suspects.is_any = True
            count += len(found)
        return count

    def gather(self) -> None:
        """Moves messages that were sent with a priority to where all others are. Nothing reads their lists."""
        for queue in self._queues:
            for priority in PRIORITIES:
                keys = [f"{self._prefix}{queue}{SEPARATOR}{priority}", f"{self._prefix}{queue}"]
                self._call(GATHER, keys, GATHERED_AT_ONCE)

    @property
    def _leases(self) -> str:
        return f"{self._prefix}leases"

    def _member(self, queue: str) -> str:
        return f"{queue}:{self._name}"

    def _call(self, script: str, keys: Sequence[str], *arguments: object) -> Any:
        execute: Any = self._client.execute_command
        return execute("EVAL", script, len(keys), *keys, *arguments)

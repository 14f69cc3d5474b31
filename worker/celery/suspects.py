"""Messages whose workers died again and again: counted, then run with nothing beside them, in the end not run.

What a dead worker had in hand goes back on its queue. A message that kills the worker which runs it would come back for
ever, and with it all that was in hand beside it. So the broker counts, by their digests, how often messages came back
from the dead, until they are acknowledged:

    <prefix>suspects    hash: how often each came back; gone a day after the last one did

The first time says nothing: machines die. From the second on a message is run while its worker has no other in hand, so
that those that were beside it by chance are done and no longer counted. One that came back five times is set aside, in
the quarantine. Rule: R11.6d.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import redis

# From so many returns on a message is in hand alone, and after so many it is not run any more.
ALONE_FROM = 2
MOST = 5
KEPT_S = 86_400

# It begins with a command that a broker out of memory takes, after which it takes the others as well.
COUNT = """
redis.call('HDEL', KEYS[1], '')
for i = 2, #ARGV do redis.call('HINCRBY', KEYS[1], ARGV[i], 1) end
redis.call('EXPIRE', KEYS[1], ARGV[1])"""


class Suspects:
    """How often messages came back. `is_any`: whether one of any worker has of late, as far as is known here."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self.key = f"{prefix}suspects"
        self.is_any = False

    def count(self, items: Sequence[bytes]) -> None:
        """These have come back, once more."""
        if items:
            execute: Any = self._client.execute_command
            execute("EVAL", COUNT, 1, self.key, KEPT_S, *map(_digest, items))
            self.is_any = True

    def counts(self, items: Sequence[bytes]) -> list[int]:
        """How often each has come back."""
        if not self.is_any or not items:
            return [0] * len(items)
        found: Any = self._client.hmget(self.key, [_digest(item) for item in items])
        return [int(count or 0) for count in found]

    def forget(self, items: Sequence[bytes]) -> None:
        """These are acknowledged."""
        if self.is_any and items:
            self._client.hdel(self.key, *map(_digest, items))


def _digest(item: bytes) -> str:
    return hashlib.blake2b(item, digest_size=16).hexdigest()

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
from redis.client import Pipeline

# From so many returns on a message is in hand alone, and after so many it is not run any more.
ALONE_FROM = 2
MOST = 5
KEPT_S = 86_400

# The end of a script that has put messages back: the list `moved` of them, `suspects` the key.
COUNTED = f"""
for _, item in ipairs(moved) do redis.call('HINCRBY', suspects, redis.sha1hex(item), 1) end
if #moved > 0 then redis.call('EXPIRE', suspects, {KEPT_S}) end
"""


class Suspects:
    """How often messages came back. `is_any`: whether one of any worker has of late, as far as is known here."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self.key = f"{prefix}suspects"
        self.is_any = False

    def counts(self, items: Sequence[bytes]) -> list[int]:
        """How often each has come back."""
        if not self.is_any or not items:
            return [0] * len(items)
        found: Any = self._client.hmget(self.key, [_digest(item) for item in items])
        return [int(count or 0) for count in found]

    def forget(self, pipe: Pipeline, items: Sequence[bytes]) -> None:
        """These are acknowledged, by the same pipeline."""
        if self.is_any and items:
            pipe.hdel(self.key, *map(_digest, items))


def _digest(item: bytes) -> str:
    return hashlib.sha1(item, usedforsecurity=False).hexdigest()

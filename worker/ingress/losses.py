"""Entries of a sender's stream that its own `MAXLEN` has cut off before they were read. Rule: R12.1d.

A stream knows how many entries were ever added to it. What is neither there nor was taken out is lost:

    <prefix>stream:taken     hash: by a sender's stream, how many were taken out of it, and (`<stream> short`) how many
                             were announced as lost; two figures, for the first moves with all that is done, and only
                             the second can be held against what it was
    <prefix>stream:losses    whose turn it is to look; gone when others may
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import redis
import structlog

from worker.broker import GROUP

log = structlog.stdlib.get_logger(__name__)


def count_name(key_prefix: str) -> str:
    """The hash of what was taken out, by stream."""
    return f"{key_prefix}stream:taken"


class Losses:
    """Looks for what is missing. `announce` hears of a sender and of how many entries, and may raise `Unavailable`."""

    def __init__(
        self, client: redis.Redis, prefix: str, consumer: str, announce: Callable[[str, int], object]
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._consumer = consumer
        self._announce = announce

    def find(self, streams: Mapping[str, str | None], *, every_s: float) -> None:
        """Announces what is missing of the streams that are a sender's. One reader of all looks every so often, so that
        each loss is announced once.
        """
        turn = f"{self._prefix}stream:losses"
        try:
            is_ours = self._client.set(turn, self._consumer, nx=True, px=max(1, int(every_s * 1000)))
        except redis.exceptions.OutOfMemoryError:
            # What is in the streams is read all the same; what is missing is seen later too.
            return
        if is_ours:
            for stream, source in streams.items():
                if source is not None:
                    self._find(stream, source)

    def _find(self, stream: str, source: str) -> None:
        """While some entries are in hand there may be more that are lost.

        They are announced and counted then: what cannot be announced now is found again, and who dies in between
        has it announced twice rather than never.
        """
        short = f"{stream} short"
        with self._client.pipeline(transaction=True) as pipe:
            pipe.xinfo_stream(stream)
            pipe.xpending(stream, GROUP)
            pipe.hmget(count_name(self._prefix), stream, short)
            there, pending, (done, known) = pipe.execute()
        if "entries-added" not in there:
            return
        missing = there["entries-added"] - there["length"] - int(done or 0)
        lost = missing - int(known or 0) - pending["pending"]
        if lost <= 0:
            return
        log.error("entries of a stream were cut off before they were read", source=source, entries=lost)
        self._announce(source, lost)
        if self._client.hincrby(count_name(self._prefix), short, lost) != int(known or 0) + lost:
            # This reader stood still for so long that another one has looked.
            self._client.hincrby(count_name(self._prefix), short, -lost)

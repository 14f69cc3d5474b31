"""A TCP proxy in front of a server, which can cut, delay and swallow what goes through it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

CHUNK = 65536
LONGEST_DELAY_S = 0.15


class Proxy:
    """Listens on a port of the loopback and hands on to `target`, a port of it or the path of a socket.

    It works in a thread of its own; everything may be called from others.
    """

    def __init__(self, target: int | Path) -> None:
        self._target = target
        self._delays = False
        self._swallows = False
        self._refuses = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server = self._do(self._listen())

    @property
    def port(self) -> int:
        """Where it listens."""
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    def cut(self) -> None:
        """Ends every connection, without a goodbye."""

        async def abort() -> None:
            for writer in [*self._writers]:
                writer.transport.abort()

        self._do(abort())

    def delay(self, *, on: bool) -> None:
        """From now on every packet waits for a moment, or no longer."""
        self._delays = on

    def swallow(self, *, on: bool) -> None:
        """From now on connections are taken and nothing is handed on; when it ends they are cut."""
        self._swallows = on
        if not on:
            self.cut()

    def refuse(self, *, on: bool) -> None:
        """From now on connections are cut, old ones and new ones at once, or taken again."""
        self._refuses = on
        self.cut()

    def close(self) -> None:
        """Ends it, with its connections."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=CHUNK)

    async def _end(self) -> None:
        self._server.close()
        for writer in [*self._writers]:
            writer.transport.abort()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        self._writers.add(writer)
        onward: asyncio.StreamWriter | None = None
        try:
            back, onward = await self._connect()
            self._writers.add(onward)
            await asyncio.gather(self._pump(reader, onward), self._pump(back, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, onward):
                if end is not None:
                    self._writers.discard(end)
                    end.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(str(self._target), limit=CHUNK)
        return await asyncio.open_connection("127.0.0.1", self._target, limit=CHUNK)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            if self._delays:
                await asyncio.sleep(random.uniform(0, LONGEST_DELAY_S))
            if self._swallows:
                continue
            sink.write(data)
            await sink.drain()
        # One side has said goodbye: so does the other.
        with contextlib.suppress(OSError):
            sink.close()

"""Sends top-up events by HTTP, over many connections at once, to a server as `settle serve` runs it.

The client writes requests that were made before and reads no more of an answer than it has to, so that on a machine of
few processors the figure is that of the server and the workers and not of the client.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from bench.events.doors import SOURCE, Event, Send
from bench.place.place import Place
from settlement.operations.inbox.senders import create_key, register_sender

CONNECTIONS = 32


@contextmanager
def serving(place: Place, database: str, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """`settle serve` on a free port: its address, and a key that may send.

    Raises:
        RuntimeError: it did not listen.
    """
    with place.store(database) as store:
        register_sender(store, SOURCE)
        key = create_key(store, SOURCE, ["send"]).text
    place.logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", "from interfaces.cli.main import main; main()", "serve", "--port", "0"]
    with (
        (place.logs / f"serve-{database}.log").open("wb") as log,
        subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=log, text=True
        ) as server,
    ):
        try:
            line = server.stdout.readline() if server.stdout is not None else ""
            if not line.startswith("settle serve listens on "):
                raise RuntimeError(f"the server does not listen, see {log.name}")
            yield line.split()[-1], key
        finally:
            server.terminate()


@contextmanager
def http_door(place: Place, environment: Mapping[str, str]) -> Iterator[Send]:
    """One request per event, over one connection, to a server of its own."""
    database = environment["SETTLE_BROKER_KEY_PREFIX"].removesuffix(":")
    with serving(place, database, environment) as (address, key):
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname or "", parts.port or 80)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = connection.makefile("rb")

            def send(events: Sequence[Event]) -> None:
                for event in events:
                    connection.sendall(_request(parts.netloc, key, [event]))
                    status, length = answers.readline(), 0
                    while (line := answers.readline().lower()) not in {b"", b"\r\n"}:
                        if line.startswith(b"content-length:"):
                            length = int(line.partition(b":")[2])
                    _check(status, answers.read(length))

            yield send


def send(address: str, key: str, events: Sequence[Event], *, per_request: int) -> None:
    """Sends all of them, `per_request` in a request, over `CONNECTIONS` connections.

    Raises:
        RuntimeError: the server answered otherwise than 202.
    """
    parts = urlsplit(address)
    requests = [
        _request(parts.netloc, key, events[start : start + per_request])
        for start in range(0, len(events), per_request)
    ]
    asyncio.run(_send(parts.hostname or "", parts.port or 80, requests))


def _request(host: str, key: str, events: Sequence[Event]) -> bytes:
    body = json.dumps(events[0] if len(events) == 1 else list(events)).encode()
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _send(host: str, port: int, requests: Sequence[bytes]) -> None:
    waiting = iter(requests)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            for request in waiting:
                writer.write(request)
                await _accepted(reader)
        finally:
            writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(CONNECTIONS, len(requests))):
            group.create_task(connection())


async def _accepted(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    status, _, fields = head.partition(b"\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in fields.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    _check(status, await reader.readexactly(length))


def _check(status: bytes, body: bytes) -> None:
    if b" 202 " not in status.rstrip() + b" ":
        raise RuntimeError(f"{status.decode()}: {body[:500].decode(errors='replace')}")

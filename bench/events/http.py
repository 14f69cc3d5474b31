"""Sends top-up events by HTTP, over many connections at once, to a server as `settle serve` runs it.

The client writes requests that were made before and reads no more of an answer than it has to, so that on a machine of
few processors the figure is that of the server and the workers and not of the client.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

import uvloop

from bench.events.doors import SOURCE, Event, Send
from bench.place.place import Place
from bench.place.serving import serving as served
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
    with served(place, database, environment) as address:
        yield address, key


@contextmanager
def http_door(place: Place, environment: Mapping[str, str]) -> Iterator[Send]:
    """One request per event, over one connection, to a server of its own."""
    with http_doors(place, environment, 1) as (send,):
        yield send


@contextmanager
def http_doors(place: Place, environment: Mapping[str, str], count: int) -> Iterator[Sequence[Send]]:
    """As many of them at one server, each for a thread of its own."""
    database = environment["SETTLE_BROKER_KEY_PREFIX"].removesuffix(":")
    with serving(place, database, environment) as (address, key), ExitStack() as open_:
        yield [open_.enter_context(one_by_one(address, key)) for _ in range(count)]


@contextmanager
def one_by_one(address: str, key: str) -> Iterator[Send]:
    """Sends each event by itself, when the one before was accepted.

    Raises:
        RuntimeError: the server did not take one.
    """
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with closing(HTTPConnection(urlsplit(address).netloc)) as connection:

        def send_each(events: Sequence[Event]) -> None:
            for event in events:
                connection.request("POST", "/v1/events", json.dumps(event), headers)
                answer = connection.getresponse()
                _check(answer.status, answer.read())

        yield send_each


def send(address: str, key: str, events: Sequence[Event], *, per_request: int) -> None:
    """Sends all of them, `per_request` in a request, over `CONNECTIONS` connections.

    Raises:
        RuntimeError: the server did not take one.
    """
    parts = urlsplit(address)
    requests = [
        _request(parts.netloc, key, events[start : start + per_request])
        for start in range(0, len(events), per_request)
    ]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_send(parts.hostname or "", parts.port or 80, requests))


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

    await asyncio.gather(*(connection() for _ in range(min(CONNECTIONS, len(requests)))))


async def _accepted(reader: asyncio.StreamReader) -> None:
    status, *fields = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    sizes = [int(line.partition(b":")[2]) for line in fields if line.lower().startswith(b"content-length:")]
    _check(int(status.split()[1]), await reader.readexactly(sizes[0]))


def _check(status: int, body: bytes) -> None:
    # OK: it was settled before its answer was written.
    if status not in (HTTPStatus.ACCEPTED, HTTPStatus.OK):
        raise RuntimeError(f"{status}: {body[:500].decode(errors='replace')}")

"""Announcements delivered per second to receivers that take everything, beside requests by the client alone."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from bench.place.place import Place
from settlement.operations.inbox.relay import relay
from settlement.operations.webhooks import endpoints
from settlement.operations.webhooks.deliveries import EACH, deliver
from settlement.operations.webhooks.requests import new_client
from worker.runtime import host_now

# A process of its own, which reads as little as it can: it responds when the body is there.
_RECEIVER = """
import asyncio, sys
delay_s = float(sys.argv[1])

async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            length = head.lower().partition(b"content-length:")[2].partition(b"\\r\\n")[0]
            await reader.readexactly(int(length))
            if delay_s:
                await asyncio.sleep(delay_s)
            writer.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
_ANNOUNCED = """
    INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
    SELECT n %% %(accounts)s + 1, 'bill.settled', jsonb_build_object(
        'account', 'acct-' || n %% %(accounts)s, 'cycle', '2026-10', 'currency', 'USD', 'amount', '12.34'),
        'run:7', now()
    FROM generate_series(1, %(messages)s) AS n"""


class _Case(NamedTuple):
    """How many endpoints and accounts, and how long the receiver takes for each message."""

    endpoints: int
    accounts: int
    delay_s: float


CASES = {
    "one account": _Case(1, 1, 0.0),
    "1,000 accounts": _Case(1, 1000, 0.0),
    "8 endpoints": _Case(8, 1000, 0.0),
    "1,000 accounts, 20 ms each": _Case(1, 1000, 0.02),
    "8 endpoints, 20 ms each": _Case(8, 1000, 0.02),
}


def measure(place: Place, messages: int, *, repeats: int) -> dict[str, Any]:
    """Messages per second of one process, from what the relay noted to what is noted as delivered."""
    return {
        "messages": messages,
        "repeats": repeats,
        "cases": {name: _case(place, case, messages, repeats) for name, case in CASES.items()},
    }


def _case(place: Place, case: _Case, messages: int, repeats: int) -> dict[str, Any]:
    found, alone = [], []
    with place.server.database("webhooks") as template:
        with psycopg.connect(place.server.admin_url(template)) as connection:
            rows = {"accounts": case.accounts, "messages": messages // case.endpoints}
            connection.execute(_ANNOUNCED, rows)
        for number in range(repeats):
            with (
                _receiving(case.delay_s) as port,
                place.server.database(f"webhooks_{number}", template=template) as name,
                place.store(name) as store,
            ):
                for at in range(case.endpoints):
                    endpoints.add_endpoint(store, f"e{at}", f"http://127.0.0.1:{port}/{at}", private=True)
                while relay(store, lambda _: None, limit=1000):
                    pass
                place.server.settle_down(name)
                began = time.perf_counter()
                report = deliver(store, clock=host_now, may_continue=lambda: True, private=True)
                took_s = time.perf_counter() - began
                if report.failed or report.delivered != rows["messages"] * case.endpoints:
                    raise AssertionError(f"not all were delivered: {report}")
                found.append(report.delivered / took_s)
                alone.append(_alone(port, report.delivered, EACH * case.endpoints))
    return {
        "per_s": round(statistics.median(found)),
        "client_alone_per_s": round(statistics.median(alone)),
    }


def _alone(port: int, messages: int, at_once: int) -> float:
    """Requests of the size of a message by the client alone, so many at once."""

    async def send(numbers: Iterator[int]) -> None:
        async with new_client() as client:
            for _ in numbers:
                await client.post(f"http://127.0.0.1:{port}/", content=b"x" * 300)

    async def all_of_them() -> None:
        numbers = iter(range(messages))
        await asyncio.gather(*(send(numbers) for _ in range(at_once)))

    began = time.perf_counter()
    asyncio.run(all_of_them())
    return messages / (time.perf_counter() - began)


@contextmanager
def _receiving(delay_s: float) -> Iterator[int]:
    command = [sys.executable, "-c", _RECEIVER, str(delay_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as popen:
        try:
            yield int(popen.stdout.readline() if popen.stdout else 0)
        finally:
            popen.kill()

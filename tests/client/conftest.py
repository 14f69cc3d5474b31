"""The client, and the API's server to call with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from settle_client import Client, Retries
from tests.interfaces.http.conftest import Server, make_server

__all__ = ["make_server"]
# Nothing waits in these tests that need not.
AT_ONCE = Retries(first_s=0.0)


@contextmanager
def at_work(api: Server) -> Iterator[None]:
    """A worker that handles what waits, until the end."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.02):
            api.work()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def api(make_server: Callable[..., Server]) -> Server:
    """A server of the API over an empty database."""
    return make_server()


@pytest.fixture
def client(api: Server) -> Iterator[Client]:
    """A client with a key for everything, of the sender `crm`."""
    with Client(str(api.client.base_url), api.caller().key, retries=AT_ONCE, timeout_s=60.0) as found:
        yield found

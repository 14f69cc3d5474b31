"""Ports of loopback, and servers on them for as long as a test wants one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def served(app: Any, *, grace_s: int = 5, http: Any = "auto") -> Iterator[str]:
    """Serves an ASGI app on a free port, by a thread. Its address, which can be called at once.

    At the end requests that are under way have `grace_s` seconds. `http`: a protocol other than
    uvicorn's own.
    """
    options: Any = {"log_config": None, "access_log": False, "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=grace_s, http=http, **options))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(grace_s + 10)

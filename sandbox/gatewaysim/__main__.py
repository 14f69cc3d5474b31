"""`python -m sandbox.gatewaysim`: the stand-in as a process of its own."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn

from sandbox.gatewaysim.app import build_app
from sandbox.gatewaysim.faults import Faults
from sandbox.gatewaysim.state import SimState

DEFAULT_PORT = 12111
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Server(uvicorn.Server):
    """Ends at once, whatever connections, responses and deliveries are open: all it has is in memory."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """On the first signal."""
        os._exit(0 if sig == signal.SIGTERM else 128 + sig)


def serve(host: str, port: int, *, fault_rate: float, seed: int) -> None:
    """Serves until it is stopped. Prints its address first; port 0 takes a free one."""
    with socket.create_server((host, port)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        url = f"http://{host}:{listener.getsockname()[1]}"
        state = SimState(seed=seed, fault_rate=fault_rate, faults=Faults(rate=fault_rate), base_url=url)
        if host not in LOOPBACK:
            sys.stderr.write(f"{url} can be reached by others: whoever can may control this stand-in\n")
        sys.stdout.write(f"gatewaysim listens on {url}\n")
        sys.stdout.flush()
        config = uvicorn.Config(build_app(state), log_level="critical", access_log=False, lifespan="on")
        _Server(config).run(sockets=[listener])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.gatewaysim", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--fault-rate", type=float, default=0.0, help="share of charging calls that fail")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    given = parser.parse_args()
    serve(given.host, given.port, fault_rate=given.fault_rate, seed=given.seed)


if __name__ == "__main__":
    main()

"""A stand-in for gateways that runs as a process of its own: told what to do, and read, through its control API."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from worker.pid_file import POLL_S
from worker.servers import LocalServerError

# What a process of it is started with; the port is any free one, which it writes to its log.
PROGRAM = ("-m", "sandbox.gatewaysim", "--port", "0")
STARTS_WITHIN_S = 30.0
# On a machine with much else to do.
RESPONDS_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class GatewayStandIn:
    """A running one. `url` is where it listens, on loopback."""

    url: str

    def control(self, path: str, **given: Any) -> dict[str, Any]:
        """Tells it something: `control("faults", queue=["lost_after"])`."""
        return self._call(path, json.dumps(given).encode())

    def read(self, path: str = "") -> dict[str, Any]:
        """What it says about itself: its `ledger`, or by no path its settings and the faults that it made."""
        return self._call(path)

    def set_clock(self, at: datetime) -> None:
        """Lets it be this instant there, too."""
        self.control("clock", set=at.isoformat())

    def charged_minor(self, gateway: str) -> list[int]:
        """What it really took, in minor units, in order."""
        return [line["amount_minor"] for line in self.read("ledger")["charges"] if line["gateway"] == gateway]

    def _call(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/sim/{path}".rstrip("/"), body)  # noqa: S310 - on loopback
        with urllib.request.urlopen(request, timeout=RESPONDS_WITHIN_S) as response:  # noqa: S310 - as above
            return dict(json.load(response))


def wait_for_stand_in(log: Path, *, is_alive: Callable[[], bool]) -> GatewayStandIn:
    """The one whose process has just been started with this log.

    Raises:
        LocalServerError: it ended, or did not listen in time.
    """
    until = time.monotonic() + STARTS_WITHIN_S
    while not (line := _listens(log)):
        if not is_alive() or time.monotonic() > until:
            raise LocalServerError(f"the stand-in for gateways did not start; see {log}")
        time.sleep(POLL_S)
    return GatewayStandIn(line.split()[-1])


def _listens(log: Path) -> str:
    lines = log.read_text().splitlines() if log.exists() else []
    return next((line for line in reversed(lines) if " listens on " in line), "")

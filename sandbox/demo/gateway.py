"""The stand-in for gateways in the demonstration: a process of its own, told what to do through its control API."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sandbox.local.spawn import spawn
from worker.pid_file import POLL_S, load
from worker.servers import LocalServerError

NAME = "gatewaysim"
STARTS_WITHIN_S = 30.0
RESPONDS_WITHIN_S = 10.0
# What the libraries of the gateways need, by the extra that brings it.
NEEDED = {"serve": "uvicorn", "stripe": "stripe", "paypal": "paypalserversdk"}


@dataclass(frozen=True, slots=True)
class GatewayStandIn:
    """A running one. `url` is where it listens, on loopback."""

    url: str

    def control(self, path: str, **given: Any) -> dict[str, Any]:
        """Tells it something: `tell("faults", queue=["lost_after"])`."""
        return self._call(path, json.dumps(given).encode())

    def set_clock(self, at: datetime) -> None:
        """Lets it be this instant there, too."""
        self.control("clock", set=at.isoformat())

    def taken_minor(self, gateway: str) -> list[int]:
        """What it really took, in minor units, in order."""
        return [
            line["amount_minor"] for line in self._call("ledger")["charges"] if line["gateway"] == gateway
        ]

    def _call(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/sim/{path}", body)  # noqa: S310 - our own, on loopback
        with urllib.request.urlopen(request, timeout=RESPONDS_WITHIN_S) as response:  # noqa: S310 - as above
            return dict(json.load(response))


def start_gateway(folder: Path) -> GatewayStandIn:
    """Starts one whose pid file and log are in the folder, and points this process and its children to it.

    Raises:
        LocalServerError: a library is not installed, or it did not start.
    """
    missing = [extra for extra, module in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise LocalServerError(f"not installed: pip install 'settle-worker[{','.join(missing)}]'")
    for place in (folder / "run", folder / "logs"):
        place.mkdir(parents=True, exist_ok=True)
    pid_file, log = folder / "run" / f"{NAME}.json", folder / "logs" / f"{NAME}.log"
    child = spawn(
        (sys.executable, "-m", "sandbox.gatewaysim", "--port", "0"), environment=dict(os.environ), log=log
    )
    child.save(pid_file)
    until = time.monotonic() + STARTS_WITHIN_S
    while not (line := _listens(log)):
        if not child.is_alive() or time.monotonic() > until:
            raise LocalServerError(f"the stand-in for gateways did not start; see {log}")
        time.sleep(POLL_S)
    stand_in = GatewayStandIn(line.split()[-1])
    os.environ.update(_settings(stand_in.url))
    return stand_in


def stop_gateway(folder: Path) -> None:
    """Stops the one of this folder, if one runs."""
    pid_file = folder / "run" / f"{NAME}.json"
    child = load(pid_file)
    if child is not None:
        child.stop(grace_s=2.0)
        pid_file.unlink(missing_ok=True)


def _listens(log: Path) -> str:
    lines = log.read_text().splitlines() if log.exists() else []
    return next((line for line in reversed(lines) if " listens on " in line), "")


def _settings(url: str) -> dict[str, str]:
    """Whatever keys the environment has, a demonstration calls nobody but its stand-in."""
    return {
        "SETTLE_GATEWAYS__STRIPE_KEY": "sk_test_demo",
        "SETTLE_GATEWAYS__STRIPE_URL": url,
        "SETTLE_GATEWAYS__PAYPAL_CLIENT_ID": "demo",
        "SETTLE_GATEWAYS__PAYPAL_SECRET": "demo",
        "SETTLE_GATEWAYS__PAYPAL_URL": url,
    }

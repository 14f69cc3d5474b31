"""The stand-in for gateways as a process of its own, and its control API."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class GatewaySim:
    """A running stand-in."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, path: str, **given: Any) -> Any:
        """Tells it something: `control("faults", queue=["lost_after"])`."""
        body = json.dumps(given).encode()
        request = urllib.request.Request(f"{self.url}/sim/{path}", body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def ledger(self) -> dict[str, Any]:
        """What it really charged."""
        with urllib.request.urlopen(f"{self.url}/sim/ledger", timeout=10) as answer:
            return dict(json.load(answer))

    def show(self) -> dict[str, Any]:
        """Its state."""
        with urllib.request.urlopen(f"{self.url}/sim", timeout=10) as answer:
            return dict(json.load(answer))

    def reset(self) -> None:
        """As new."""
        self.control("reset")


@contextmanager
def running_gatewaysim(*arguments: str) -> Iterator[GatewaySim]:
    """Starts one on a free port and ends it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.gatewaysim", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("gatewaysim listens on "), line
        yield GatewaySim(line.split()[-1])
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()

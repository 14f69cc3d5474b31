"""The stand-in for gateways in the demonstration: started in its folder, stopped with it."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from sandbox.local.spawn import spawn
from sandbox.local.stand_in import PROGRAM, GatewayStandIn, wait_for_stand_in
from worker.pid_file import load
from worker.servers import LocalServerError

NAME = "gatewaysim"
# What the libraries of the gateways need, by the extra that brings it.
NEEDED = {"serve": "uvicorn", "stripe": "stripe", "paypal": "paypalserversdk"}


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
    child = spawn((sys.executable, *PROGRAM), environment=dict(os.environ), log=log)
    child.save(pid_file)
    stand_in = wait_for_stand_in(log, is_alive=child.is_alive)
    os.environ.update(_settings(stand_in.url))
    return stand_in


def stop_gateway(folder: Path) -> None:
    """Stops the one of this folder, if one runs."""
    pid_file = folder / "run" / f"{NAME}.json"
    child = load(pid_file)
    if child is not None:
        child.stop(grace_s=2.0)
        pid_file.unlink(missing_ok=True)


def _settings(url: str) -> dict[str, str]:
    """Whatever keys the environment has, a demonstration calls nobody but its stand-in."""
    return {
        "SETTLE_GATEWAYS__STRIPE_KEY": "sk_test_demo",
        "SETTLE_GATEWAYS__STRIPE_URL": url,
        "SETTLE_GATEWAYS__PAYPAL_CLIENT_ID": "demo",
        "SETTLE_GATEWAYS__PAYPAL_SECRET": "demo",
        "SETTLE_GATEWAYS__PAYPAL_URL": url,
    }

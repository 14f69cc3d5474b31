"""The receiver of docs/examples takes what is signed by its secret and nothing else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from settlement.operations.inbox.relay import relay
from settlement.operations.webhooks import endpoints
from settlement.operations.webhooks.deliveries import deliver
from tests.support.running.loopback import free_port
from tests.support.world import World
from worker.runtime import host_now

ROOT = Path(__file__).parents[2]


def test_the_receiver_is_of_ten_lines_beside_what_it_imports() -> None:
    lines = (ROOT / "docs" / "examples" / "receive_webhooks.py").read_text("utf-8").splitlines()
    own = [line for line in lines if line and not line.startswith(('"""', "import ", "from "))]
    assert len(own) == 10


def test_the_page_shows_the_receiver_as_it_is() -> None:
    _, _, program = (ROOT / "docs" / "examples" / "receive_webhooks.py").read_text("utf-8").partition("\n\n")
    assert f"```python\n{program}```" in (ROOT / "docs" / "webhooks.md").read_text("utf-8")


def test_the_receiver_prints_what_is_ours(world: World) -> None:
    port = free_port()
    program = ROOT / "docs" / "examples" / "receive_webhooks.py"
    secret = endpoints.add_endpoint(
        world.store, "me", f"http://127.0.0.1:{port}", topics=["bill.settled"], private=True
    )
    environment = {
        **os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port), "PYTHONPATH": str(ROOT / "client" / "src"),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, str(program)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as receiver:  # fmt: skip
        try:
            until = time.monotonic() + 20
            while time.monotonic() < until:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            world.open("a")
            world.fee("a", "12.00")
            world.at("2026-11-03 00:00").tick()
            world.top_up("a", "12.00")
            relay(world.store, lambda _: None, limit=100)
            forged = endpoints.add_endpoint(world.store, "forged", f"http://127.0.0.1:{port}", private=True)
            assert forged != secret
            first = deliver(world.store, clock=host_now, may_continue=lambda: True, private=True)
            assert (first.delivered, first.failed) == (1, 0)
            assert receiver.stdout is not None
            assert receiver.stdout.readline() == "bill.settled\n"
            assert endpoints.try_endpoint(world.store, "forged", at=host_now(), private=True).status == 401
        finally:
            receiver.kill()

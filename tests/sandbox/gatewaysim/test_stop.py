"""It stops at once on a signal, whatever is open: connections, calls that wait, deliveries in threads."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.gateways.gatewaysim_calls import Calls

SECRET = "whsec_sim"


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox.gatewaysim", "--port", "0"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with started:
        yield started
        started.kill()


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_stops_at_once_though_everything_is_open(process, silent, sent, code):
    def is_cut_off() -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            calls.intent()

    assert process.stdout is not None
    sim = GatewaySim(process.stdout.readline().split()[-1])
    sim.control("webhooks", stripe={"url": f"http://127.0.0.1:{silent.getsockname()[1]}", "secret": SECRET})
    sim.control("faults", queue=["timeout"], timeout_s=300)
    with (
        Calls(sim) as calls,
        socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2]))) as idle,
    ):
        idle.sendall(b"POST /v1/payment_intents HTTP/1.1\r\nHost: sim\r\nContent-Length: 100\r\n\r\nhalf")
        waiting = threading.Thread(target=is_cut_off, daemon=True)
        waiting.start()
        with Calls(sim) as others:
            while sim.show()["calls"] == 0:
                time.sleep(0.01)
            for number in range(20):
                others.intent(reference=str(number))
        delivery, _ = silent.accept()
        assert sim.show()["undelivered"] >= 20
        before = time.monotonic()
        process.send_signal(sent)
        assert process.wait(timeout=10) == code
        assert time.monotonic() - before < 5.0
        waiting.join(10)
        delivery.close()

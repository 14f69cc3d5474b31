"""What the README says first, as it stands: a bill settled by command, and the next by HTTP with a webhook out."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.support.running.loopback import free_port
from tests.support.running.processes import PATIENCE_S
from tests.support.running.programs import needs_curl_with_json
from worker.pid_file import Child, load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


class Steps(NamedTuple):
    """The commands of the page, which ran; what they printed, and what goes on running."""

    printed: str
    state_dir: Path
    url: str
    settle: Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    needs_curl_with_json()
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    first, second = (
        block for block in blocks if "settle trigger fees" in block or "receive_webhooks" in block
    )
    make, *rest = first.splitlines()
    assert make.startswith("make venv ")
    ports = {"8080": str(free_port()), "9000": str(free_port())}
    script = re.sub(
        r"(?<=127\.0\.0\.1:)\d+", lambda port: ports[port[0]], "\n".join(["set -e", *rest, second])
    )
    folder = tmp_path_factory.mktemp("steps")
    # The programs of this environment, also where it is not the one that `make venv` makes.
    programs = Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")} | {
        "SETTLE_STATE_DIR": str(folder / "state"), "SETTLE_SERVE__PORT": ports["8080"], "PORT": ports["9000"],
        "C_FORCE_ROOT": "1", "PATH": f"{programs}:{os.environ['PATH']}",
    }  # fmt: skip

    def settle(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [programs / "settle", *words], env=environment, check=False, capture_output=True, text=True
        )

    out = folder / "out"
    with out.open("wb") as written:
        shell = subprocess.Popen(
            ["bash", "-c", script],
            cwd=ROOT,
            env=environment,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
        try:
            assert shell.wait(4 * PATIENCE_S) == 0, out.read_text()
            until = time.monotonic() + PATIENCE_S
            while "bill.settled\n" not in out.read_text() and time.monotonic() < until:
                time.sleep(0.1)
            url = f"http://127.0.0.1:{ports['8080']}"
            yield Steps(out.read_text(), folder / "state", url, settle)
        finally:
            # The receiver, which goes on in the background.
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            settle("down")


def test_what_the_readme_says_first_works_as_it_stands(steps: Steps) -> None:
    assert "paid 30.00 USD of acct-7:2026-10" in steps.printed
    assert "bill.settled\n" in steps.printed, steps.printed
    assert '"state": "settled"' in steps.printed.partition('"bills"')[2], steps.printed


def answers(url: str) -> bool:
    """Where it listened before, too."""
    with suppress(httpx.TransportError):
        return httpx.get(url, timeout=1).status_code == 200
    return False


def test_what_dies_of_a_detached_stack_is_started_again_until_it_is_stopped(steps: Steps) -> None:
    """This is the last test of this file: it stops everything."""
    run = steps.state_dir / "run"

    def running() -> dict[str, Child]:
        found = {path.stem: load(path) for path in run.glob("*.json")}
        return {name: child for name, child in found.items() if child is not None and child.is_alive()}

    before = running()
    died = {"events", "serve"}
    assert died | {"beat", "supervisor"} <= before.keys()
    valkey = load(steps.state_dir / "valkey" / "pid.json")
    assert valkey is not None
    for child in (*(before[name] for name in died), valkey):
        child.signal(signal.SIGKILL, group=True)
    until = time.monotonic() + PATIENCE_S
    while (
        any(running().get(name, before[name]) == before[name] for name in died)
        or load(steps.state_dir / "valkey" / "pid.json") == valkey
        or not answers(f"{steps.url}/health")
    ):
        assert time.monotonic() < until, (steps.state_dir / "logs" / "supervisor.log").read_text()
        time.sleep(0.1)
    after = running()
    assert after == before | {name: after[name] for name in died}
    assert steps.settle("down").returncode == 0
    assert [name for name, child in (after | before).items() if child.is_alive()] == []
    assert running() == {}

"""What the README says first, as it stands: a bill settled by command, and the next by HTTP with a webhook out."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.running.processes import PATIENCE_S

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def test_what_the_readme_says_first_works_as_it_stands(tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None or "--json" not in subprocess.check_output([curl, "--help", "all"], text=True):
        pytest.skip("no curl that knows --json (7.82)")
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    first, second = (
        block for block in blocks if "settle trigger fees" in block or "receive_webhooks" in block
    )
    make, *rest = first.splitlines()
    assert make.startswith("make venv ")
    api, hooks = _free_port(), _free_port()
    script = "\n".join(["set -e", *rest, second]).replace("8080", api).replace("9000", hooks)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")} | {
        "SETTLE_STATE_DIR": str(tmp_path / "state"), "SETTLE_SERVE__PORT": api, "PORT": hooks, "C_FORCE_ROOT": "1",
    }  # fmt: skip
    out = tmp_path / "out"
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
        finally:
            # The receiver, which goes on in the background.
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            settle = ROOT / ".venv" / "bin" / "settle"
            subprocess.run([settle, "down"], env=environment, check=False, stdout=written, stderr=written)
    printed = out.read_text()
    assert "paid 30.00 USD of acct-7:2026-10" in printed
    assert "bill.settled\n" in printed, printed
    assert '"state": "settled"' in printed.partition('"bills"')[2], printed

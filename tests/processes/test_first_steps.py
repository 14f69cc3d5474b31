"""What the README says first, as it stands: a bill settled by command, and the next by HTTP with a webhook out."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.support.running.loopback import free_port
from tests.support.running.processes import PATIENCE_S
from tests.support.running.programs import needs_curl_with_json

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_what_the_readme_says_first_works_as_it_stands(tmp_path: Path) -> None:
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
    # The programs of this environment, also where it is not the one that `make venv` makes.
    programs = Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")} | {
        "SETTLE_STATE_DIR": str(tmp_path / "state"), "SETTLE_SERVE__PORT": ports["8080"], "PORT": ports["9000"],
        "C_FORCE_ROOT": "1", "PATH": f"{programs}:{os.environ['PATH']}",
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
            subprocess.run(
                [programs / "settle", "down"], env=environment, check=False, stdout=written, stderr=written
            )
    printed = out.read_text()
    assert "paid 30.00 USD of acct-7:2026-10" in printed
    assert "bill.settled\n" in printed, printed
    assert '"state": "settled"' in printed.partition('"bills"')[2], printed

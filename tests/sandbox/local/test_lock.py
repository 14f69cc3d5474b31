"""Locks between processes of one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from interfaces.cli.main import run
from sandbox.local.lock import only_one
from worker.servers import LocalServerError

HELD = "another `settle up` works in"


def test_one_holds_it_and_the_other_is_told_by_whom(tmp_path: Path) -> None:
    path = tmp_path / "state" / "up.lock"
    with only_one(path), pytest.raises(LocalServerError, match=f"process {os.getpid()};"), only_one(path):
        pass
    with only_one(path):
        pass


def test_a_holder_that_dies_holds_it_no_more(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    held = "import os\nfrom pathlib import Path\nfrom sandbox.local.lock import only_one\n"
    program = held + f"with only_one(Path({str(path)!r})):\n    os._exit(0)\n"
    subprocess.run([sys.executable, "-c", program], check=True)
    with only_one(path):
        pass


def test_settle_up_beside_another_one_says_so_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_settings: None, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SETTLE_STATE_DIR", str(tmp_path))
    stopped: list[object] = []
    monkeypatch.setattr("interfaces.cli.commands.sandbox.stack._stop", stopped.append)
    with only_one(tmp_path / "up.lock"):
        assert run(["up", "--detach"]) == 6
    printed = capsys.readouterr()
    assert HELD in printed.err
    assert stopped == []

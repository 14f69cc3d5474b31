"""`make check` fails on a known vulnerability, and says so where nobody could be asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("pip-audit")
ONE = "six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"


def audited(program: Path, lock: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / ".ci" / "audit-dependencies", program, lock],
        env={"PATH": os.environ["PATH"], "HOME": str(lock.parent), **more},
        capture_output=True,
        text=True,
        check=False,
    )


def saying(folder: Path, text: str, code: int) -> Path:
    """A stand-in for the program that asks."""
    program = folder / "pip-audit"
    program.write_text(f"#!/bin/sh\necho '{text}' >&2\n[ {code} -lt 100 ] && exit {code}\nsleep 30\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.lock"
    file.write_text(ONE)
    return file


def test_without_a_service_nothing_fails_and_it_is_said(lock: Path) -> None:
    done = audited(PROGRAM, lock, AUDIT_URL="http://127.0.0.1:1/v1/query")
    assert done.returncode == 0
    assert "NOT audited" in done.stdout


def test_a_service_that_does_not_answer_in_time_fails_nothing(tmp_path: Path, lock: Path) -> None:
    done = audited(saying(tmp_path, "asking", 100), lock, AUDIT_MOST_S="0.5")
    assert done.returncode == 0
    assert "NOT audited" in done.stdout


def test_a_known_vulnerability_fails_and_is_shown(tmp_path: Path, lock: Path) -> None:
    done = audited(saying(tmp_path, "Found 1 known vulnerability in 1 package", 1), lock)
    assert done.returncode == 1
    assert "Found 1 known vulnerability" in done.stderr


def test_a_lock_without_hashes_fails(lock: Path) -> None:
    lock.write_text("six==1.16.0\n")
    done = audited(PROGRAM, lock, AUDIT_URL="http://127.0.0.1:1/v1/query")
    assert done.returncode == 1
    assert "hash" in done.stderr


def test_the_check_asks_about_everything_that_is_locked() -> None:
    assert ".ci/audit-dependencies $(BIN)/pip-audit requirements.lock" in (ROOT / "Makefile").read_text()

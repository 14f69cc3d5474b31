"""Releases of this program as the changelog names them, and their code out of the history."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
_HEADING = re.compile(
    r"^## \[(\d+\.\d+\.\d+)\](?: - \d{4}-\d\d-\d\d)?\n(?:\nCommit `([0-9a-f]{40})`)?", re.MULTILINE
)


class Release(NamedTuple):
    """A version and its commit; None of the newest, as long as no later commit has named it."""

    version: str
    commit: str | None


def releases() -> list[Release]:
    """Every release, the newest first."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    return [Release(version, commit or None) for version, commit in _HEADING.findall(changelog)]


def in_history(commit: str) -> bool:
    """Is the commit in this clone, and what stands here built on it."""
    known = _git("merge-base", "--is-ancestor", commit, "HEAD")
    return known.returncode == 0


def code_of(commit: str, folder: Path) -> Path:
    """The tree of a commit, unpacked into a folder. Skips the test where the clone does not go back so far."""
    if not in_history(commit):
        pytest.skip(f"commit {commit[:7]} is not in the history here: a shallow clone, or no clone at all")
    archive = _git("archive", "--format=tar", commit)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)

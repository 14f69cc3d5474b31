"""Releases of this program as the changelog names them, and their code out of the history."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_HEADING = re.compile(
    r"^## \[(\d+\.\d+\.\d+)\](?: - \d{4}-\d\d-\d\d)?\n(?:\nCommit `([0-9a-f]{40})`)?", re.MULTILINE
)


class NotInHistory(Exception):
    """The commit of a release is not in this clone: a shallow one, or none at all."""


class Release(NamedTuple):
    """A version and its commit; None of the newest, as long as no later commit has named it."""

    version: str
    commit: str | None


def releases() -> list[Release]:
    """Every release, the newest first."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    return [Release(version, commit or None) for version, commit in _HEADING.findall(changelog)]


def unpack(commit: str, folder: Path) -> Path:
    """The tree of a commit on which this one is built, in a folder.

    Raises:
        NotInHistory: it is not there.
    """
    if _git("merge-base", "--is-ancestor", commit, "HEAD").returncode:
        raise NotInHistory(
            f"commit {commit[:7]} is not in the history here: a shallow clone, or no clone at all"
        )
    with zipfile.ZipFile(io.BytesIO(_git("archive", "--format=zip", commit).stdout)) as packed:
        packed.extractall(folder)
    return folder


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)

"""A file of somebody else's in the working directory is not taken for ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("stranger", ["config.py", "tasks.py", "settlement/__init__.py"])
def test_a_module_of_that_name_in_the_working_directory_ends_in_one_sentence(
    tmp_path: Path, stranger: str
) -> None:
    file = tmp_path / stranger
    file.parent.mkdir(exist_ok=True)
    file.touch()
    celery = Path(sys.executable).parent / "celery"
    ended = subprocess.run(
        [celery, "-A", "worker.app", "report"],
        cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    package = stranger.partition("/")[0].removesuffix(".py")
    (message,) = ended.stderr.splitlines()
    assert message.startswith(f"{file} stands in the way of the package `{package}` of this program: ")

"""What is deployed is this release, and the changelog knows every release by its commit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from settlement import __version__
from tests.support.running.releases import code_of, releases
from worker.heartbeat.writer import this_process

ROOT = Path(__file__).parents[2]
RELEASE = __version__


@pytest.mark.parametrize("name", ["base", "example"])
def test_the_manifests_name_the_image_of_this_release(name: str) -> None:
    images = yaml.safe_load((ROOT / "ops/kubernetes" / name / "kustomization.yaml").read_text())["images"]
    assert [image["newTag"] for image in images] == [RELEASE]


def test_what_is_to_be_typed_installs_this_release() -> None:
    page = (ROOT / "docs/deploying.md").read_text("utf-8")
    assert set(re.findall(r"settle(?:_worker)?-(\d+\.\d+\.\d+)", page)) == {RELEASE}


def test_whatever_says_which_release_it_is_says_this_one() -> None:
    command = [sys.executable, "-c", "from interfaces.cli.main import main; main()", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout == f"settle {RELEASE}\n"
    assert this_process("worker", "w").version == RELEASE
    contract = json.loads((ROOT / "docs/contracts/asyncapi.json").read_text("utf-8"))
    assert contract["info"]["version"] == RELEASE


def test_the_newest_release_of_the_changelog_is_this_one_and_every_one_before_it_has_its_commit() -> None:
    newest, *before = releases()
    assert newest.version == RELEASE
    assert before
    assert all(release.commit for release in before)
    numbers = [tuple(map(int, release.version.split("."))) for release in (newest, *before)]
    assert numbers == sorted(set(numbers), reverse=True)


@pytest.mark.parametrize("release", [one for one in releases() if one.commit], ids=lambda one: one.version)
def test_the_commit_of_a_release_is_in_the_history_and_is_that_release(release, tmp_path) -> None:
    package = code_of(release.commit, tmp_path) / "settlement/__init__.py"
    said = re.search(r'^__version__ = "(.*)"$', package.read_text("utf-8"), re.MULTILINE)
    # Up to 0.2.0 no program said which one it was.
    assert said is None if release.version == "0.2.0" else said is not None and said[1] == release.version

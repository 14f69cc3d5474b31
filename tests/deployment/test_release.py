"""What is deployed is this release."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from settlement import __version__
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

"""What is deployed is this release."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RELEASE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


@pytest.mark.parametrize("name", ["base", "example"])
def test_the_manifests_name_the_image_of_this_release(name: str) -> None:
    images = yaml.safe_load((ROOT / "ops/kubernetes" / name / "kustomization.yaml").read_text())["images"]
    assert [image["newTag"] for image in images] == [RELEASE]


def test_what_is_to_be_typed_installs_this_release() -> None:
    page = (ROOT / "docs/deploying.md").read_text("utf-8")
    assert set(re.findall(r"settle(?:_worker)?-(\d+\.\d+\.\d+)", page)) == {RELEASE}

"""The supported versions that the docs state are those that the program refuses others than."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from settlement.storage import server
from worker.broker import OLDEST_REDIS

ROOT = Path(__file__).parents[2]


def stated() -> dict[str, str]:
    """What the table of supported versions says that the program works with, by its first column."""
    page = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    table = page.partition("## Supported versions\n")[2].partition("\n\nA month")[0]
    return {row[0].strip(): row[1] for row in re.findall(r"^\| ([^|]+) \| ([^|]+) \|", table, re.MULTILINE)}


def test_the_oldest_servers_and_the_oldest_python_are_those_that_are_refused_below():
    found = stated()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={found['Python'].split()[0]}"
    assert f"{server.OLDEST // 10000} and later" in found["PostgreSQL"]
    assert f"Redis {'.'.join(map(str, OLDEST_REDIS))} and later" in found["Redis, Valkey"]

"""One thing that may be wrong, how it is, and what to do about it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(NamedTuple):
    """One line: what was looked at, how it is, and what to do if it is not well. `down`: a dependency is away."""

    name: str
    level: Level
    finding: str
    remedy: str = ""
    down: bool = False

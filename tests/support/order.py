"""The order of test files: those whose tests wait for processes most of the time stand among the others.

Side by side they would wait together, while the cores have nothing to do; and the last file would run alone.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

_WAITING = ("tests/processes/", "tests/chaos/")
# They begin within the first three quarters of the files.
_WITHIN = 0.75


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """A file's tests stay together, in their order."""
    files = [list(of_file) for _, of_file in groupby(items, key=lambda item: item.path)]
    items[:] = [item for of_file in spread(files, config.rootpath) for item in of_file]


def spread(files: list[list[pytest.Item]], root: Path) -> list[list[pytest.Item]]:
    """The files whose tests wait at even distances among the others."""
    waiting = [file for file in files if file[0].path.relative_to(root).as_posix().startswith(_WAITING)]
    others = [file for file in files if file not in waiting]
    distance = len(others) * _WITHIN / max(len(waiting), 1)
    placed = [(no * distance, 0, no, file) for no, file in enumerate(waiting)]
    placed += [(float(no), 1, no, file) for no, file in enumerate(others)]
    return [file for *_, file in sorted(placed, key=lambda place: place[:3])]

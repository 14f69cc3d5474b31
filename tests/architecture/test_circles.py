"""No module imports itself by way of others, and no folder holds more files than one can look over."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("settlement", "worker", "tasks", "interfaces", "sandbox", "config", "bench", "chaos")
# What a system runs on, the benchmarks and the fault test aside.
SOURCE = tuple(package for package in PACKAGES if package not in ("bench", "chaos"))
# About twenty of what a folder holds; `__init__.py` says what that is.
MOST_FILES = 21


def modules(root: Path, packages: tuple[str, ...]) -> dict[str, Path]:
    """Every module below these packages, by its dotted name."""
    found = {}
    for package in packages:
        for path in (root / package).rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules that a file names in imports, also those for types alone and those inside of functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [
                whole if (whole := f"{node.module}.{alias.name}") in known else node.module
                for alias in node.names
            ]
        else:
            continue
        yield from (name for name in names if name in known)


def circle_in(root: Path, packages: tuple[str, ...]) -> list[str]:
    """One circle of imports, as the modules on it; empty where there is none."""
    known = modules(root, packages)
    graph = {name: set(imported(path, known)) for name, path in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        return list(circle.args[1])
    return []


def test_no_module_imports_itself_by_way_of_others():
    assert circle_in(ROOT, PACKAGES) == []


def test_a_circle_for_types_alone_is_found(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "ground.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from room import above\n"
    )
    (room / "above.py").write_text("import room.ground\n")
    assert set(circle_in(tmp_path, ("room",))) == {"room.ground", "room.above"}
    (room / "ground.py").write_text("import typing\n")
    assert circle_in(tmp_path, ("room",)) == []


def counts(path: Path) -> bool:
    """Whether it fills its folder: code, a template of a page, a statement."""
    return path.suffix in (".py", ".html", ".sql") and path.name != "__init__.py"


def test_no_folder_is_too_full():
    folders = [ROOT / package for package in SOURCE]
    folders += [path for folder in folders for path in folder.rglob("*") if path.is_dir()]
    # Revisions of the schema are numbered, and each is added to those before it.
    folders = [folder for folder in folders if "migrations" not in folder.parts]
    full = {
        str(folder.relative_to(ROOT)): count
        for folder in folders
        if (count := sum(counts(path) for path in folder.iterdir())) > MOST_FILES
    }
    assert full == {}

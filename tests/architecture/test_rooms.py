"""What the import contracts cannot say: pure rooms, the clock, names of modules, and the sign on each room's door."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("settlement", "worker", "tasks", "config", "interfaces", "sandbox", "client", "handbook")
PURE = (
    "settlement/model",
    "settlement/rules",
    "settlement/plans",
    "settlement/proof",
    "settlement/errors.py",
)
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def clock_reads(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            words = ast.unparse(node.func).split(".")
            if ".".join(words[-2:]) in CLOCKS:
                yield f"line {node.lineno}: {ast.unparse(node.func)}"


def test_pure_rooms_import_the_standard_library_alone():
    allowed = sys.stdlib_module_names | {"settlement"}
    strangers = {
        f"{shown(path)}: {name}"
        for path in FILES
        if shown(path).startswith(PURE)
        for name in imported(ast.parse(path.read_text()))
        if name.partition(".")[0] not in allowed
    }
    assert strangers == set()


def test_only_the_edge_reads_a_clock():
    readers = {
        f"{shown(path)}: {read}"
        for path in FILES
        if not shown(path).startswith(("worker/", "interfaces/", "sandbox/", "client/"))
        for read in clock_reads(ast.parse(path.read_text()))
    }
    assert readers == set()


def test_a_clock_would_be_found():
    assert list(clock_reads(ast.parse("import datetime as d\nnow = d.datetime.now(d.UTC)"))) == [
        "line 2: d.datetime.now"
    ]


def test_the_oracle_shares_nothing_that_decides():
    deciding = ("settlement.plans", "settlement.rules")
    shared = {
        f"{shown(path)}: {name}"
        for path in (ROOT / "tests/oracle").glob("*.py")
        for name in imported(ast.parse(path.read_text()))
        if name.startswith(deciding)
    }
    assert shared == set()


def test_modules_are_named_after_their_subject():
    assert [shown(path) for path in FILES if path.stem in NAMELESS or path.parent.name in NAMELESS] == []


ROOMS = [path.parent for path in FILES if path.name == "__init__.py" and "migrations" not in path.parts]


@pytest.mark.parametrize("room", ROOMS, ids=shown)
def test_every_room_says_what_it_is(room):
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    for sign in ("Lives here:", "May import:", "Start at:"):
        assert sign in docstring

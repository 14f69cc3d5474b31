"""Names speak the language of the field: words that were retired do not come back. `docs/glossary.md` has what for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from settlement.storage.tables.schema import TABLES

ROOT = Path(__file__).parents[2]
PACKAGES = ("settlement", "worker", "interfaces", "sandbox", "tasks", "config", "client", "handbook")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
RETIRED = {
    "acting", "answer", "answered", "answers", "ask", "asked", "asks", "door", "doors", "drained", "hard", "held",
    "hint", "hints", "look", "looked", "noticed", "pace", "repaying", "said", "say", "says", "shown", "standing",
    "taken", "tell", "telling", "tells", "tied", "told",
}  # fmt: skip
TOGETHER = ("go_on", "own_share")
# What is "taken back" is in the glossary; "taken" alone may be anything.
MEANT = ("taken_back",)
NO_MODULES = {"booking", "halving", "parking", "reading"}
# Modules are called by nouns. These are: the field's word for reminders before a suspension, the server's for its
# addresses, the folder of what runs here, a list. The others wait for who works on them.
NOUNS = {"dunning", "listing", "operating", "parked", "routing"}
PARTICIPLES_LEFT = {"approving", "confirming", "doing", "owed", "sending"}
# Names of the libraries we use, and of settings.
NOT_OURS = {"ask_after_s", "get_type_hints", "operator_after_asks", "param_hint", "tell"}
COLUMNS = {column.name for table in TABLES for column in table.columns}
TABLE_NAMES = {table.name.upper() for table in TABLES}


class Name(NamedTuple):
    """A name in a module. `mirrors`: it may be a column's, as attributes, arguments and fields of classes may."""

    line: int
    text: str
    mirrors: bool


def words_of(name: str) -> list[str]:
    """The words of a name in either spelling: `_go_on`, `NotShown`, `SHOWN_BYTES`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def names(tree: ast.AST) -> Iterator[Name]:
    fields = {
        id(line.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield Name(node.lineno, node.name, mirrors=False)
            case ast.arg():
                yield Name(node.lineno, node.arg, mirrors=True)
            case ast.Attribute():
                yield Name(node.lineno, node.attr, mirrors=True)
            case ast.Name(ctx=ast.Store()):
                yield Name(node.lineno, node.id, mirrors=id(node) in fields)
            case ast.alias(asname=str(name)):
                yield Name(node.lineno, name, mirrors=False)
            case _:
                pass


def retired(name: str, *, mirrors: bool) -> list[str]:
    """The retired words in a name."""
    if name in NOT_OURS or name in TABLE_NAMES or (mirrors and name in COLUMNS):
        return []
    joined = f"_{'_'.join(words_of(name))}_"
    for meant in MEANT:
        joined = joined.replace(f"_{meant}_", "_")
    return [
        *(word for word in joined.split("_") if word in RETIRED),
        *(some for some in TOGETHER if f"_{some}_" in joined),
    ]


def found_in(source: str) -> list[str]:
    return [
        f"line {name.line}: {name.text} ({', '.join(bad)})"
        for name in names(ast.parse(source))
        if (bad := retired(name.text, mirrors=name.mirrors))
    ]


def test_retired_words_do_not_come_back():
    found = [f"{path.relative_to(ROOT)}, {name}" for path in FILES for name in found_in(path.read_text())]
    assert found == []


def test_nor_in_the_names_of_modules():
    parts = {part.removesuffix(".py") for path in FILES for part in path.relative_to(ROOT).parts}
    assert {part: bad for part in parts if (bad := retired(part, mirrors=False))} == {}
    assert parts & NO_MODULES == set()


def test_modules_are_called_by_nouns_and_by_no_participle_alone():
    parts = {part.removesuffix(".py") for path in FILES for part in path.relative_to(ROOT).parts}
    alone = {part for part in parts if re.fullmatch(r"[a-z]+(ing|ed)", part)}
    assert alone - NOUNS - PARTICIPLES_LEFT == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def go_on(): ...", "go_on"),
        ("class TiedAccounts: ...", "tied"),
        ("acting = 1", "acting"),
        ("def work(tied: int): ...", "tied"),
        ("self.own_share_minor = 1", "own_share"),
        ("import settlement as pace", "pace"),
        ("asks = 3", "asks"),
        ("taken = []", "taken"),
        ("def is_held(): ...", "held"),
    ],
)
def test_it_finds_them(source, found):
    assert [line.partition("(")[2].rstrip(")") for line in found_in(source)] == [found]


def test_what_is_taken_back_is_called_so():
    assert found_in("def is_taken_back(taken_back: int): ...") == []


def test_what_mirrors_a_column_keeps_its_name():
    assert (
        found_in("class Attempt:\n    asks: int\nfound = row(row.asks, asks=row.asks)\ndef f(asks: int): ...")
        == []
    )

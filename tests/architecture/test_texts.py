"""What people read speaks the language of the field too: messages, helps, pages and documents. `docs/glossary.md`.

Most of the words retired as names are plain English in a sentence ("the message says"). These are not: in a sentence
too they stood for something that has a name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("settlement", "worker", "interfaces", "sandbox", "tasks", "config", "client", "handbook")
# Decisions are records of their day; the glossary lists the words.
DOCUMENTS = [
    path
    for path in (
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "client/README.md",
        *(ROOT / "docs").glob("*.md"),
    )
    if path.name != "glossary.md"
]
RETIRED = re.compile(
    r"\b(doors?|hard decline[sd]?|drained|noticed|own share|pace|tells?|telling|tied|told"
    r"|for the \d+\. time|at its beginning|write-off is held)\b",
    re.IGNORECASE,
)
# Plain English: to tell one from another, to be given an order, a story.
MEANT = re.compile(
    r"\b(tells?|told|telling)( \w+)? apart\b|\btell(s|ing)? (one|thousands|rows|\w+) from\b|\btells? the same story\b"
    r"|\bunless told otherwise\b|\bis told to\b|\bA node that is drained\b|\btell(s)? whether\b"
)
# Nobody but the bench, whose command is called so; and a page whose words wait for their own change.
KEPT = {
    ("docs/benchmarks.md", "doors"),
    ("docs/benchmarks.md", "door"),
    ("interfaces/http/console/templates/parts.html", "noticed"),
}
STATEMENT = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|redis\.call)\b|^\s*(AND|OR|WHERE|JOIN|FROM) "
)


def retired_in(text: str) -> list[str]:
    return [found.group().lower() for found in RETIRED.finditer(MEANT.sub("", text))]


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Strings that somebody may read: no docstrings, no statements, nothing of one word."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                if " " in text.strip() and not STATEMENT.search(text):
                    yield node.lineno, text
            case _:
                pass


def prose(markdown: str) -> Iterator[tuple[int, str]]:
    """Lines without what is code, and without the addresses of links."""
    fenced = False
    for number, line in enumerate(markdown.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, re.sub(r"`[^`]*`|\]\([^)]*\)", "", line)


def found_in(path: Path) -> Iterator[str]:
    text = path.read_text()
    match path.suffix:
        case ".py":
            read = list(sentences(text))
        case ".md":
            read = list(prose(text))
        case _:
            read = [
                (number, re.sub(r"{[{%#].*?[}%#]}", "", line))
                for number, line in enumerate(text.splitlines(), 1)
            ]
    name = str(path.relative_to(ROOT))
    for line, sentence in read:
        for word in retired_in(sentence):
            if (name, word) not in KEPT:
                yield f"{name}:{line}: {word}"


def read_by_people() -> Iterator[Path]:
    yield from DOCUMENTS
    for package in PACKAGES:
        yield from (path for kind in ("*.py", "*.html") for path in sorted((ROOT / package).rglob(kind)))


def test_texts_use_no_retired_word():
    assert [found for path in read_by_people() for found in found_in(path)] == []


def test_what_is_kept_is_still_there():
    kept = {
        (name, word)
        for name, _ in KEPT
        for _, text in [(0, (ROOT / name).read_text())]
        for word in retired_in(text)
    }
    assert kept >= KEPT


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise Refused("x", "by any door")', ["door"]),
        ('x = f"{a} is tied to {b}"', ["tied"]),
        ('x = f"for the {n}. time"', []),
        ('help="The customer is told of it."', ["told"]),
        ('help="What tells rows apart."', []),
        ('x = "SELECT door FROM inbox"', []),
        ('def f():\n    """A door."""', []),
    ],
)
def test_it_finds_them(source, found):
    assert [word for _, sentence in sentences(source) for word in retired_in(sentence)] == found


def test_code_in_a_document_is_no_prose():
    text = "a `door` and [a page](x.md#doors)\n```\ndoor\n```\na door"
    assert [word for _, line in prose(text) for word in retired_in(line)] == ["door"]

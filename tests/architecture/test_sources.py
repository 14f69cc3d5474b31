"""docs/sources.md names tests that exist, and every rule of the spine that is built has one."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
SOURCES = (ROOT / "docs" / "sources.md").read_text("utf-8")
RULES = (ROOT / "docs" / "rules.md").read_text("utf-8")

# Subjects whose every fact must be covered by now.
BUILT = re.compile(r"R\d+\.")
FACT = re.compile(r"^- (R\d+\.\d+[a-z]) (.*)$", re.MULTILINE)
SUBJECT = re.compile(r"^\*\*(R\d+\.\d+) (.*)$", re.MULTILINE)
CHAPTER = re.compile(r"^## (R\d+) (.*)$", re.MULTILINE)
NAMED = re.compile(r"`(?:tests/)?([\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (.*?) \| (.*) \|$", re.MULTILINE)


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests defined in a file below tests/."""
    file = TESTS / path
    if not file.is_file():
        return frozenset()
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE))


def planned_headings() -> set[str]:
    """Chapters and subjects of the rule book that are planned as a whole."""
    headings = [*CHAPTER.findall(RULES), *SUBJECT.findall(RULES)]
    return {number for number, title in headings if "*(planned)*" in title}


def built_rules() -> list[str]:
    """Facts of the spine's chapters of which some part, at least, is built."""
    planned = planned_headings()
    facts = []
    for number, sentence in FACT.findall(RULES):
        subject, chapter = number[:-1], number.partition(".")[0]
        if BUILT.match(number) and "planned" not in sentence and not {subject, chapter} & planned:
            facts.append(number)
    return facts


def test_the_rule_book_is_read():
    assert len(built_rules()) > 40
    assert "R4.6a" in built_rules()
    assert "R10.2a" in built_rules()


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(SOURCES))))
def test_every_test_named_exists(path, name):
    assert name in names_in(path), f"docs/sources.md names tests/{path}::{name}, which does not exist"


def test_no_cell_is_left_open():
    assert "TESTNAME" not in SOURCES


@pytest.mark.parametrize("rule", built_rules())
def test_every_rule_that_is_built_has_a_test(rule):
    cells = [tests for numbers, tests in ROW.findall(SOURCES) if numbers.split(" ")[0] == rule]
    assert cells, f"docs/sources.md has no row for {rule}"
    assert NAMED.search(cells[0]), f"{rule} names no test"


@pytest.mark.parametrize("number", sorted(set(re.findall(r"R\d+\.\d+[a-z]", SOURCES))))
def test_every_rule_named_is_in_the_rule_book(number):
    assert number in dict(FACT.findall(RULES)), f"docs/rules.md has no {number}"

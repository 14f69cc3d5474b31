"""What README and docs say of the benchmarks is what these can be told, and what their results say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from bench.__main__ import app
from bench.parts.options import RESULTS
from bench.report import documents, results
from bench.report.goals import goals
from bench.report.table import as_markdown
from bench.report.tables import tables

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# `make bench ARGS="…"`, `python -m bench …`, and `ARGS="…"` alone on the page that is about nothing else.
NAMED = re.compile(r'make bench ARGS=(?:"([^"]+)"|([\w-]+))|python -m bench ([\w-]+)')
ALONE = re.compile(r'ARGS=(?:"([^"]+)"|([\w-]+))')
BENCH: Any = typer.main.get_command(app)
# Whatever is wrong with a command line; typer names only some of it.
UsageError = typer.BadParameter.__mro__[1]


def told() -> set[str]:
    """Everything that a page says to the benchmarks."""
    about = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    found = [match for page in PAGES for match in NAMED.findall(page.read_text("utf-8"))]
    return {"".join(groups) for groups in (*found, *ALONE.findall(about))}


def understood(arguments: str) -> None:
    """The sub-command with its options, read and not run."""
    name, *options = shlex.split(arguments)
    BENCH.commands[name].make_context(name, options)


def test_the_pages_name_every_benchmark():
    assert {arguments.split()[0] for arguments in told()} - {"--help"} == set(BENCH.commands)


@pytest.mark.parametrize("arguments", sorted(told() - {"--help"}))
def test_what_a_page_tells_the_benchmarks_they_understand(arguments):
    understood(arguments)


@pytest.mark.parametrize("arguments", ["nothing", "doors --bills 5", "audit --bills many"])
def test_what_they_do_not_understand_would_be_found(arguments):
    with pytest.raises((KeyError, UsageError)):
        understood(arguments)


@pytest.mark.parametrize("page", documents.PAGES, ids=lambda page: page.name)
def test_tables_say_what_the_last_results_do(page):
    text = page.read_text("utf-8")
    drawn = list(tables(results.read(RESULTS)))
    assert documents.rewritten(text, drawn) == text, "run `python -m bench show --documents`"


def test_goals_stand_in_the_readme_and_every_table_on_the_page_of_the_benchmarks():
    goal_rows = [as_markdown(table) for table in tables(results.read(RESULTS)) if table.title == "Goals"]
    [rows] = [text.partition("\n\n")[2] for text in goal_rows]
    assert rows in (ROOT / "README.md").read_text("utf-8")
    text = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert [
        table.title
        for table in tables(results.read(RESULTS))
        if as_markdown(table).partition("\n\n")[2] not in text
    ] == []


def test_the_results_are_judged_by_the_goals_as_they_are():
    found = results.read(RESULTS)
    assert found["goals"] == [goal._asdict() for goal in goals(found)]

"""What README and docs say of the benchmarks is what these can be told, and what their results say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from bench.__main__ import RESULTS, app
from bench.report import results
from bench.report.goals import goals
from bench.report.tables import VERDICTS

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
    assert {arguments.split()[0] for arguments in told()} - {"--help"} == set(BENCH.commands) - {"all"}


@pytest.mark.parametrize("arguments", sorted(told() - {"--help"}))
def test_what_a_page_tells_the_benchmarks_they_understand(arguments):
    understood(arguments)


@pytest.mark.parametrize("arguments", ["nothing", "doors --bills 5", "audit --bills many"])
def test_what_they_do_not_understand_would_be_found(arguments):
    with pytest.raises((KeyError, UsageError)):
        understood(arguments)


@pytest.mark.parametrize("page", ["README.md", "docs/benchmarks.md"])
def test_goals_are_those_of_the_benchmarks_with_what_their_last_results_say(page):
    text = (ROOT / page).read_text("utf-8")
    [table] = re.findall(
        r"^\| goal \| wanted \| measured \|  \|\n\|(?:---\|)+\n((?:\|.*\n)+)", text, re.MULTILINE
    )
    shown = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in table.splitlines()]
    assert shown == [
        (goal.name, goal.wanted, goal.measured, VERDICTS[goal.met]) for goal in goals(results.read(RESULTS))
    ]


def test_the_results_are_judged_by_the_goals_as_they_are():
    found = results.read(RESULTS)
    assert found["goals"] == [goal._asdict() for goal in goals(found)]

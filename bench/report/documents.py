"""Writes the tables of the last results where README and docs/benchmarks.md have them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.report.table import Table, as_markdown
from bench.report.tables import GOAL_COLUMNS, tables

_ROOT = Path(__file__).parents[2]
PAGES = (_ROOT / "README.md", *(_ROOT / "docs" / name for name in ("benchmarks.md", "comparison.md")))
# Where a title begins to say of how much, and on what.
_SIZES = re.compile(r" \(| (?:of|over) \d|, \d")
_ROWS = r"(?:^\|.*\n)+"


def write(results: dict[str, Any]) -> Iterator[Path]:
    """Puts every table in the place of the one that says the same of earlier results. Hands out the pages written."""
    drawn = list(tables(results))
    for page in PAGES:
        page.write_text(rewritten(page.read_text("utf-8"), drawn), "utf-8")
        yield page


def rewritten(text: str, drawn: list[Table]) -> str:
    """The page with these tables; one that it does not have is not added, since a page says where it belongs.

    A table is known by the beginning of its title, before any figure; that of the goals by its columns, since a page
    need not give it a title.
    """
    for table in drawn:
        heading, _, rows = as_markdown(table).partition("\n\n")
        text = _place(table).sub(partial(_put, heading, rows), text, count=1)
    return text


def _place(table: Table) -> re.Pattern[str]:
    if table.columns == GOAL_COLUMNS:
        return re.compile(rf"^(?P<titled>)\| goal \| wanted \| measured \|.*\n{_ROWS}", re.MULTILINE)
    about = re.escape(_SIZES.split(table.title)[0])
    return re.compile(rf"^(?P<titled>{about}[^|\n]*\n\n){_ROWS}", re.MULTILINE)


def _put(heading: str, rows: str, found: re.Match[str]) -> str:
    return f"{heading}\n\n{rows}" if found["titled"] else rows

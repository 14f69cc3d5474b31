"""Markdown as forges and the site both read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTE = "<!-- Written by `make docs` from the code; what is changed here by hand is lost. -->"


def page(title: str, lead: str, parts: Iterable[str]) -> str:
    """A generated page: its title, a paragraph about it, its parts."""
    return "\n\n".join((f"# {title}", NOTE, lead, *parts)).rstrip() + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what would end a cell is escaped."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def cell(text: str) -> str:
    """A text as one line of a table."""
    return " ".join(text.split()).replace("|", r"\|")


def code(text: str) -> str:
    """A word as it is typed; nothing where there is none."""
    return f"`{text}`" if text else ""

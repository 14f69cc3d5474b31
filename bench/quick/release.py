"""The figures of the last recorded release, and how today's compare with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from settlement import __version__

RECORDED = Path(__file__).with_name("release.json")
# A figure may be dearer by this share of the recorded one.
MOST = 0.15


class Figure(NamedTuple):
    """One figure beside the recorded one, which a new figure does not have."""

    name: str
    recorded: float | None
    found: float
    is_good: bool


def recorded(path: Path = RECORDED) -> dict[str, float]:
    """The figures by name; none when there is no file."""
    if not path.exists():
        return {}
    figures: dict[str, float] = json.loads(path.read_text())["figures"]
    return figures


def record(found: dict[str, float], path: Path = RECORDED) -> None:
    """Writes today's figures down as those of this release."""
    path.write_text(
        json.dumps({"release": __version__, "figures": found}, indent=2, ensure_ascii=False) + "\n"
    )


def compare(found: dict[str, float], known: dict[str, float]) -> list[Figure]:
    """Every figure; one is good where it is not dearer by more than `MOST`."""
    return [
        Figure(name, known.get(name), value, name not in known or value <= known[name] * (1 + MOST))
        for name, value in found.items()
    ]


def show(figures: list[Figure]) -> None:
    """As a table."""
    table = Table(
        "CPU time", "last release", "now", "", title=f"At most {MOST:.0%} dearer than the last release"
    )
    for figure in figures:
        known = "–" if figure.recorded is None else f"{figure.recorded:g}"
        change = "new" if figure.recorded is None else f"{figure.found / figure.recorded - 1:+.0%}"
        table.add_row(
            figure.name, known, f"{figure.found:g}", change if figure.is_good else f"{change}, too dear"
        )
    Console().print(table)

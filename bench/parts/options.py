"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.report import goals

RESULTS = Path(__file__).parents[1] / "results.json"
DEFAULT_ACCOUNTS = [goals.GOAL_ACCOUNTS]

Accounts = Annotated[
    list[int], typer.Option(help="Accounts of the month close. Give it twice to compare two sizes.", min=100)
]
Repeats = Annotated[int, typer.Option(help="How often each pair is measured.", min=1)]
Seed = Annotated[int, typer.Option(help="Of the generated data.")]
RangeSize = Annotated[int | None, typer.Option(help="Accounts per range; by default as configured.", min=1)]
Output = Annotated[Path, typer.Option(help="File of the results; sections not measured now are kept.")]

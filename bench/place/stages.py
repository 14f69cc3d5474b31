"""How much CPU time of this process goes into which stage of some work."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

# What a stage is made of: functions, each by the module or class that has it and by its name.
Parts = Mapping[str, tuple[tuple[Any, str], ...]]


def show(of: str, title: str, found: Mapping[str, float]) -> None:
    """CPU time by stage, in microseconds, as a table."""
    table = Table(of, "µs", title=title)
    for name, us in found.items():
        table.add_row(name, f"{us:.1f}")
    Console().print(table)


@contextmanager
def stages(parts: Parts) -> Iterator[dict[str, float]]:
    """The CPU time that each stage takes while the block runs, in seconds. What one stage calls of another is the
    other's alone, so that all of them add up.
    """
    used: dict[str, float] = defaultdict(float)
    # What the stages that are open have spent in others, the outermost first.
    elsewhere = [0.0]

    def timed(stage: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            began = time.process_time()
            elsewhere.append(0.0)
            try:
                return act(*given, **named)
            finally:
                took = time.process_time() - began
                used[stage] += took - elsewhere.pop()
                elsewhere[-1] += took

        return run

    with ExitStack() as patches:
        for stage, functions in parts.items():
            used[stage] = 0.0
            for owner, name in functions:
                patches.enter_context(patch.object(owner, name, timed(stage, getattr(owner, name))))
        yield used

"""Everything that the README's table says, part after part, so that an interrupted run is taken up where it ended."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bench.parts.session import load_average
from bench.report import results

SECTION = "all"


class Part(NamedTuple):
    """One command of the benchmarks as the README's table wants it, and the same with little data.

    `minutes` is about what it takes on two cores with nothing else on them.
    """

    command: str
    small: str
    minutes: float


# In the order in which they matter, should there be time for the first ones only.
PARTS = (
    Part("month-close --accounts 100000 --repeats 5", "month-close --accounts 1000 --repeats 1 --orm-sample 100", 5),
    Part(
        "month-close --accounts 1000000 --repeats 3 --orm-sample 0",
        "month-close --accounts 2000 --repeats 1 --orm-sample 0",
        25,
    ),
    Part("doors --accounts 1000000", "doors --events 600 --accounts 20000 --repeats 1 --samples 20", 25),
    Part("unified", "unified --bills 100 --accounts 20000 --samples 8 --repeats 1", 4),
    Part("overdue", "overdue --bills 1000 --repeats 1", 8),
    Part("scaling", "scaling --accounts 2000 --repeats 1 --rounds 1 --range-size 250 --range-size 1000", 15),
    Part("focus", "focus --rows 2000 --repeats 1", 12),
    Part("audit", "audit --bills 2000 --repeats 1", 8),
    Part("growth", "growth --largest 3000 --repeats 2", 45),
    Part("focus --rows 10000000 --repeats 1", "focus --rows 3000 --repeats 1", 40),
    Part("threshold", "threshold --accounts 2000 --repeats 5", 2),
    Part("console", "console --bills 1200 --repeats 20", 4),
    Part("webhooks", "webhooks --messages 100 --repeats 1", 4),
)  # fmt: skip


def commands(*, small: bool) -> list[tuple[str, float | None]]:
    """Each part's command with its estimate in minutes; of little data there is none."""
    return [(part.small, None) if small else (part.command, part.minutes) for part in PARTS]


def left(output: Path, planned: Sequence[str]) -> list[str]:
    """Those of the planned parts that the last run did not finish."""
    done = results.read(output).get(SECTION, {}).get("parts", {})
    return [command for command in planned if command not in done]


def begin(output: Path) -> None:
    """Forgets which parts the run before has finished; their figures stay until they are measured anew."""
    found = results.read(output)
    found[SECTION] = {"began_at": datetime.now(UTC).isoformat(timespec="seconds"), "parts": {}}
    results.write(output, found)


def run(
    output: Path,
    planned: Sequence[tuple[str, float | None]],
    *,
    say: Callable[[str], None],
    call: Callable[[Sequence[str]], int] | None = None,
) -> list[str]:
    """Runs the parts, each in a process of its own, and notes which has ended. Returns those that failed."""
    call = call or _called
    failed = []
    for number, (command, minutes) in enumerate(planned, 1):
        rest = sum(estimate or 0 for _, estimate in planned[number - 1 :])
        estimate = f", about {minutes:g} of the {rest:g} minutes left" if minutes else ""
        say(f"{number} of {len(planned)}: {command}{estimate}")
        before, began = load_average(), time.monotonic()
        if call([*shlex.split(command), "--output", str(output)]):
            say(f"{command}: failed")
            failed.append(command)
            continue
        took_s = time.monotonic() - began
        _note(output, command, {"took_s": round(took_s), "load_average": [before, load_average()]})
    return failed


def _called(arguments: Sequence[str]) -> int:
    """The exit code of a command of the benchmarks; its tables are left out, since all are shown at the end."""
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode


def _note(output: Path, command: str, took: dict[str, Any]) -> None:
    found = results.read(output)
    found.setdefault(SECTION, {}).setdefault("parts", {})[command] = took
    results.write(output, found)

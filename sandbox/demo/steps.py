"""The steps of the demonstration, one after the other: shown while they run, limited in time, loud when they fail."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from interfaces.cli.failures import CommandFailed, ExitCode, failure_of
from interfaces.cli.render.output import is_terminal, printable, remark
from interfaces.cli.render.progress import Meter, Reading, metered
from sandbox.demo.stage import AGAIN_S, Stage

POLL_S = 0.05
PROCESSES_CHECKED_EVERY_S = 0.5


class StepTimedOut(BaseException):
    """The time of a step is over. No Exception, so that nothing on the way mistakes it for an error of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, what its progress counts, whose logs tell why it failed.

    `play` does it and returns the sentences that say what came of it.
    """

    name: str
    unit: str
    logs: tuple[str, ...]
    play: Callable[[Meter], Sequence[str]]


def run_steps(steps: Sequence[Step], stage: Stage, *, limit_s: float) -> None:
    """Runs the steps in order; each may take `limit_s` seconds. What came of them goes to standard output.

    Raises:
        CommandFailed: a step failed; the message names it. The tails of its logs were shown.
    """
    width = max(len(step.name) for step in steps)
    for number, step in enumerate(steps, start=1):
        began = time.monotonic()
        try:
            with _time_limit(limit_s), metered(f"{number}/{len(steps)} {step.name}", unit=step.unit) as meter:
                meter.show(Reading(0))
                sentences = step.play(meter)
        except StepTimedOut:
            failed = Exception(f"not done within {limit_s:g} s (--step-limit sets how long a step may take)")
            raise _loud(number, len(steps), step, stage, failed) from None
        except Exception as error:
            raise _loud(number, len(steps), step, stage, error) from error
        _report(f"{number}/{len(steps)}", step.name.ljust(width), time.monotonic() - began, sentences)


def watch(meter: Meter, stage: Stage, read: Callable[[], Reading | None]) -> None:
    """Shows what `look` says until it says None: what was waited for is there. The step's limit ends it otherwise.

    Raises:
        LocalServerError: a process that should bring it about has died.
    """
    check_at = time.monotonic() + PROCESSES_CHECKED_EVERY_S
    while (reading := read()) is not None:
        meter.show(reading)
        if time.monotonic() >= check_at:
            stage.check_processes()
            check_at = time.monotonic() + PROCESSES_CHECKED_EVERY_S
        time.sleep(POLL_S)


def must(holds: bool, message: str) -> None:
    """Ends the step when something that has to be true is not."""
    if not holds:
        raise CommandFailed(ExitCode.ERROR, message)


@contextmanager
def _time_limit(limit_s: float) -> Iterator[None]:
    def over(_number: int, _frame: FrameType | None) -> None:
        raise StepTimedOut

    before = signal.signal(signal.SIGALRM, over)
    # More than once, since Python swallows what is raised inside a destructor.
    signal.setitimer(signal.ITIMER_REAL, limit_s, AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _loud(number: int, total: int, step: Step, stage: Stage, error: Exception) -> CommandFailed:
    for name in step.logs:
        if tail := stage.log_tail(name):
            remark(f"--- the last lines of {name}'s log")
            remark("\n".join(tail))
    failure = failure_of(error)
    message = str(error) if type(error) is Exception else failure.message
    where = f"what it left, logs included, is in {stage.folder}"
    return CommandFailed(failure.code, f"step {number} of {total}, {step.name}, failed: {message}", where)


def _report(number: str, name: str, took_s: float, sentences: Sequence[str]) -> None:
    took = f"{took_s:5.1f} s"
    first, *more = [printable(sentence) for sentence in sentences] or [""]
    if is_terminal(sys.stdout):
        _report_in_terminal(number, name, took, "\n".join([first, *more]))
        return
    head = f"{number}  {name}  {took}  "
    margin = " " * len(head)
    sys.stdout.write("".join([f"{head}{first}\n", *(f"{margin}{sentence}\n" for sentence in more)]))
    sys.stdout.flush()


def _report_in_terminal(number: str, name: str, took: str, sentences: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # A grid wraps long sentences below themselves.
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(number, "green"), Text(name, "bold"), Text(took, "dim"), Text(sentences))
    Console().print(grid)

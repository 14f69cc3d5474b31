"""The question before money moves: the sum is shown, and somebody says yes, at the terminal or by `--yes`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import is_terminal, remark

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before money moves.")]


def confirm(sentence: str, *, yes: bool) -> None:
    """Shows on standard error what would move, and continues only if that is wanted.

    Raises:
        CommandFailed: it is not wanted, or nobody is there to ask.
    """
    remark(sentence)
    if yes:
        return
    if not is_terminal(sys.stdin):
        raise CommandFailed(
            ExitCode.USAGE,
            "nothing was done: this moves money, and there is no terminal to ask at",
            "check the above and repeat the command with --yes",
        )
    print("continue? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandFailed(ExitCode.ERROR, "nothing was done: not confirmed")

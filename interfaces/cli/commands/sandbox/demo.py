"""`settle demo`: a month of bills, start to end, on real servers and workers."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import is_terminal, remark


def demo(
    accounts: Annotated[int, typer.Option(min=20, max=100_000, help="Paying accounts.")] = 300,
    rows: Annotated[int, typer.Option(min=100, help="Rows of the month's exports together.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.")] = 1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave servers and workers running at the end.")
    ] = False,
    step_limit: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="How long a step may take before it has failed.")
    ] = 120.0,
) -> None:
    """A month of bills, start to end, on real servers and workers.

    On a terminal it ends with a link to the console and stays until Ctrl-C. It uses a folder, servers and a clock of
    its own and begins anew every time; SETTLE_DATABASE_URL and SETTLE_BROKER_URL make it use other, empty servers.
    Exits with 5 when the audit finds violations.
    """
    from config.settings import load_settings
    from sandbox.demo.console import open_for_visitors
    from sandbox.demo.farewell import print_ending, print_next_steps
    from sandbox.demo.stage import alone, orderly_end, set_stage
    from sandbox.demo.steps import run_steps
    from sandbox.demo.story import Story

    if rows < accounts:
        raise typer.BadParameter(
            "every account needs a row: at least as many rows as accounts", param_hint="--rows"
        )
    began = time.monotonic()
    with orderly_end(), alone(load_settings().state_dir):
        stage = set_stage(accounts)
        stage.wipe()
        story, kept = Story(stage, accounts, rows, seed), False
        try:
            run_steps(story.steps(), stage, limit_s=step_limit)
            print_ending(story.ending)
            open_for_visitors(stage, stay=not keep and is_terminal(sys.stdout), keep=keep)
            kept = keep
        finally:
            if not kept:
                stage.stop()
        remark(f"\nthe whole took {time.monotonic() - began:.0f} s")
        print_next_steps(stage, story.ending, running=kept)
    if story.ending.audit.violations:
        raise CommandFailed(
            ExitCode.VIOLATIONS,
            "the audit found violations",
            "the commands above, with `audit`, show them all",
        )

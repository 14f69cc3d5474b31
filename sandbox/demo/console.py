"""The demonstration's console: started at its end, for whoever wants to look around in it."""

from __future__ import annotations

import signal
import time

from interfaces.cli.render.output import print_heading, remark
from sandbox.demo.head_office import MAIN
from sandbox.demo.left_open import BRANCH, WORKSHOP
from sandbox.demo.stage import Stage
from sandbox.local.console import console_url, first_link, start_console
from sandbox.local.stack import local_urls

# Whoever signs in by the link is this admin.
VISITOR = "demo"


def open_for_visitors(stage: Stage, *, stay: bool, keep: bool) -> None:
    """Starts the console and prints a link to sign in by, where somebody can use it: stays until Ctrl-C, or is kept."""
    if not (stay or keep) or not start_console(stage.settings, local_urls(stage.settings)):
        return
    url = console_url(stage.settings)
    if url is None:
        remark("the console did not come up; see logs/serve.log in the demonstration's folder")
        return
    runtime = stage.runtime()
    try:
        link = first_link(runtime.store, url, VISITOR)
    finally:
        runtime.close()
    print_heading("Look around in the console; the link signs in once, within an hour")
    print(f"  {link}", flush=True)  # noqa: T201 - the demonstration's ending is printed
    remark(
        f"to try: pay the bill of {WORKSHOP} in part from its balance and by card; have {MAIN} settle for {BRANCH}, "
        "and top it up"
    )
    if stay:
        remark("servers and workers run until Ctrl-C")
        _until_interrupted()


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        # The signal is raised again until its timer is stopped, and here it is wanted once.
        signal.setitimer(signal.ITIMER_REAL, 0)

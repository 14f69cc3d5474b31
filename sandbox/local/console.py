"""Starts `settle serve` beside the worker pools of this machine, for the console and the API."""

from __future__ import annotations

import re
import socket
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from config.settings import Settings
from sandbox.local.lock import exclusive
from sandbox.local.processes import inherited
from sandbox.local.spawn import spawn
from sandbox.local.stack import LocalUrls
from settlement.errors import Refused
from settlement.operations import users
from settlement.storage.store import Store
from worker.pid_file import POLL_S
from worker.processes import live_process, log_file, pid_file

NAME = "serve"
# What the server needs beside what every process does: the extra `serve`.
NEEDED = ("jinja2", "starlette", "uvicorn")
_LISTENS = re.compile(r"^settle serve listens on (http\S+)$", re.MULTILINE)
_PORT = re.compile(r":(\d+)$")


def start_console(settings: Settings, urls: LocalUrls) -> bool:
    """Starts it unless it runs; false where its libraries are not installed. On its port, or a free one if that is
    taken. It leaves a pid file as every process does, and ends with them.
    """
    if any(find_spec(name) is None for name in NEEDED):
        return False
    log, known = log_file(settings.state_dir, NAME), pid_file(settings.state_dir, NAME)
    for path in (log, known):
        path.parent.mkdir(parents=True, exist_ok=True)
    # Whoever supervises this folder already may be starting it, too.
    with exclusive(known.parent / "lock"):
        if live_process(settings.state_dir, NAME) is None:
            log.unlink(missing_ok=True)
            launch(settings, urls)
    return True


def launch(settings: Settings, urls: LocalUrls) -> None:
    """Starts it, where it listened last if this log says so, so that its addresses stay good over a restart."""
    log = log_file(settings.state_dir, NAME)
    found = _addresses(log)
    last = _PORT.search(found[-1]) if found else None
    port = settings.serve.port if last is None else int(last[1])
    environment = {**inherited(settings), **urls.as_environment()}
    code = "from interfaces.cli.main import main; main()"
    argv = (
        sys.executable,
        "-c",
        code,
        "serve",
        "--port",
        str(_free(settings.serve.host, port)),
    )
    spawn(argv, environment=environment, log=log).save(pid_file(settings.state_dir, NAME))


def console_url(settings: Settings, *, timeout_s: float = 60.0) -> str | None:
    """Where it listens, once it does; None where it does not run or does not come up in time.

    What ended before it listened is forgotten: it would do so again, and whoever supervises the others need not try.
    """
    deadline = time.monotonic() + timeout_s
    log = log_file(settings.state_dir, NAME)
    while live_process(settings.state_dir, NAME) is not None:
        found = _addresses(log)
        if found:
            return found[-1]
        if time.monotonic() >= deadline:
            return None
        time.sleep(POLL_S)
    _forget(settings)
    return None


def _forget(settings: Settings) -> None:
    """Unless somebody has started it again meanwhile."""
    known = pid_file(settings.state_dir, NAME)
    if not known.exists():
        return
    with exclusive(known.parent / "lock"):
        if live_process(settings.state_dir, NAME) is None:
            known.unlink(missing_ok=True)


def _addresses(log: Path) -> list[str]:
    """Where it has listened, by its log, in that order."""
    return _LISTENS.findall(log.read_text(errors="replace")) if log.exists() else []


def first_link(store: Store, url: str, name: str) -> str:
    """A link that signs the admin of this name in, who is made if nobody is there yet."""
    with suppress(Refused):
        users.add_user(store, name, "admin")
    return f"{url}/console/link/{users.login_link(store, name)}"


def _free(host: str, port: int) -> int:
    """The port, or 0 where somebody listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return 0
    return port

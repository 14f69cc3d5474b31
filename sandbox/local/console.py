"""Starts `settle serve` beside the worker pools of this machine, for the console and the API."""

from __future__ import annotations

import re
import socket
import sys
import time
from contextlib import suppress
from importlib.util import find_spec

from config.settings import Settings
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


def start_console(settings: Settings, urls: LocalUrls) -> bool:
    """Starts it unless it runs; false where its libraries are not installed. On its port, or a free one if that is
    taken. It leaves a pid file as every process does, and ends with them.
    """
    if any(find_spec(name) is None for name in NEEDED):
        return False
    if live_process(settings.state_dir, NAME) is not None:
        return True
    log = log_file(settings.state_dir, NAME)
    for path in (log, pid_file(settings.state_dir, NAME)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
    environment = {
        **inherited(),
        **urls.as_environment(),
        "SETTLE_STATE_DIR": str(settings.state_dir),
    }
    code = "from interfaces.cli.main import main; main()"
    argv = (
        sys.executable,
        "-c",
        code,
        "serve",
        "--port",
        str(_free(settings.serve.host, settings.serve.port)),
    )
    spawn(argv, environment=environment, log=log).save(pid_file(settings.state_dir, NAME))
    return True


def console_url(settings: Settings, *, timeout_s: float = 60.0) -> str | None:
    """Where it listens, once it does; None where it does not run or does not come up in time."""
    deadline = time.monotonic() + timeout_s
    log = log_file(settings.state_dir, NAME)
    while live_process(settings.state_dir, NAME) is not None:
        found = _LISTENS.findall(log.read_text(errors="replace")) if log.exists() else []
        if found:
            return str(found[-1])
        if time.monotonic() >= deadline:
            return None
        time.sleep(POLL_S)
    return None


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

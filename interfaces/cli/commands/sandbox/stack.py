"""`settle up` and `settle down`: everything on one machine, servers included where none are named."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.render.output import JsonOption, print_json, remark
from interfaces.cli.session import opened
from interfaces.fields.values import local

if TYPE_CHECKING:
    from config.settings import Settings
    from worker.processes import ProcessStatus


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when everything runs.")] = False,
    clock: Annotated[
        str | None,
        typer.Option(
            "--clock",
            metavar="INSTANT",
            help="Set the test clock before anything looks at it; local to the billing zone.",
        ),
    ] = None,
) -> None:
    """Starts servers, worker pools and beat. Servers only where the settings name none; the schema is migrated.

    What dies is started again. Without --detach it follows the logs, and stops everything on Ctrl-C.
    In one folder one `settle up` works at a time.
    """
    from config.settings import load_settings
    from sandbox.local.lock import only_one
    from sandbox.local.supervision import start_supervisor
    from worker.processes import process_status

    settings = load_settings()
    clock_at = None if clock is None else _instant_of(settings, clock)
    logs = _Logs(settings)
    ran_before = any(process.state == "running" for process in process_status(settings.state_dir))
    # Before anything is started, so that whoever comes second stops nothing of the first one's.
    with only_one(settings.state_dir / "up.lock"), _terminated_is_interrupted():
        try:
            started = _start(settings, clock_at)
            for process in started:
                remark(f"{process.name}: running, process {process.pid}, log {process.log}")
            if detach:
                start_supervisor(settings)
                print("everything runs; `settle status` shows how it is, `settle down` stops it")
                return
            remark("everything runs; Ctrl-C stops it")
            _follow(settings, logs)
        except KeyboardInterrupt:
            remark("\nstopping")
            _stop(settings)
        except Exception:
            # What was brought up in vain goes down again; what ran before this command goes on running.
            if not ran_before:
                remark("stopping what was started")
                _stop(settings)
            raise


def down(as_json: JsonOption = False) -> None:
    """Stops what `settle up` started. Beat and the worker pools end what they are doing, then the servers stop."""
    from config.settings import load_settings

    killed = _stop(load_settings())
    if as_json:
        print_json({"stopped": True, "killed": list(killed)})
        return
    print("everything is stopped")


def _instant_of(settings: Settings, clock: str) -> datetime:
    from interfaces.cli.arguments import to_instant
    from interfaces.cli.commands.sandbox.clock import require_test_clock

    require_test_clock(settings)
    return to_instant(clock, settings.billing.zone)


def _start(settings: Settings, clock_at: datetime | None) -> tuple[ProcessStatus, ...]:
    from config.money import money_values
    from sandbox.local.console import start_console
    from sandbox.local.processes import start_processes, wait_until_alive
    from sandbox.local.stack import ensure_servers
    from settlement.operations import test_clock
    from settlement.operations.schema import migrate
    from worker.policies.versions import who
    from worker.processes import process_status

    urls = ensure_servers(settings)
    remark("servers: running")
    revision = migrate(
        urls.migration_url, worker_role=settings.worker_role, proposed=money_values(settings), by=who(),
        # Of servers of one's own the owner need not be named, as long as there is nothing for it to do.
        unless_current=settings.database_url is not None and settings.migration_url is None,
    )  # fmt: skip
    remark(f"schema: at revision {revision}")
    if clock_at is not None:
        # Before the first tick, which would mark the days up to the wall clock's as done.
        with opened() as runtime:
            test_clock.move(runtime.store, clock_at)
            zone = runtime.policy.zone
        remark(f"test clock: stands at {local(clock_at, zone)}")
    with_console = start_console(settings, urls)
    start_processes(settings, urls)
    wait_until_alive(settings)
    if with_console:
        _name_console(settings)
    return process_status(settings.state_dir)


def _name_console(settings: Settings) -> None:
    """Where the console is and, on servers of our own, a link to sign in by."""
    from sandbox.local.console import console_url, first_link

    url = console_url(settings)
    if url is None:
        remark(f"console: did not come up; see {settings.state_dir / 'logs' / 'serve.log'}")
    elif settings.database_url is not None:
        remark(f"console: {url}/console; `settle users` says who may use it")
    else:
        with opened() as runtime:
            remark(f"console: {first_link(runtime.store, url, 'admin')} signs in once, within an hour")


def _stop(settings: Settings) -> tuple[str, ...]:
    from sandbox.local.processes import stop_processes
    from sandbox.local.stack import stop_servers

    killed = stop_processes(settings)
    for name in killed:
        remark(
            f"{name} did not stop within {settings.limits.stop_grace_s:g} s and was killed; its work is taken up again"
        )
    stop_servers(settings)
    return killed


def _follow(settings: Settings, logs: _Logs) -> None:
    """Prints what the processes log, and starts again what dies, until somebody stops them."""
    from sandbox.local.stack import local_urls
    from sandbox.local.supervision import CHECK_EVERY_S, Supervisor

    supervisor = Supervisor(settings, local_urls(settings))
    while True:
        for name, line in logs.fresh():
            print(f"{name:<12} {line}", flush=True)
        restarted = supervisor.check()
        if restarted is None:
            remark("the processes were stopped")
            return
        for name in restarted:
            remark(f"{name} has ended by itself and was started again; its work is taken up again")
        time.sleep(CHECK_EVERY_S)


class _Logs:
    """The logs of the processes, from where they end now."""

    def __init__(self, settings: Settings) -> None:
        from worker.processes import PROCESSES

        self._paths = {spec.name: settings.state_dir / "logs" / f"{spec.name}.log" for spec in PROCESSES}
        self._read = {name: _size(path) for name, path in self._paths.items()}

    def fresh(self) -> Iterator[tuple[str, str]]:
        """Lines that were finished since the last call, by process."""
        for name, path in self._paths.items():
            if _size(path) < self._read[name]:
                # A new log took the place of the old one.
                self._read[name] = 0
            try:
                with path.open("rb") as stream:
                    stream.seek(self._read[name])
                    text = stream.read()
            except OSError:
                continue
            whole, newline, _ = text.rpartition(b"\n")
            self._read[name] += len(whole) + len(newline)
            for line in whole.splitlines():
                yield name, line.decode(errors="replace")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@contextmanager
def _terminated_is_interrupted() -> Iterator[None]:
    """A supervisor's SIGTERM stops everything as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

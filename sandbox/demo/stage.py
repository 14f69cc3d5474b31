"""Servers and processes of one demonstration: its own folder, or the database and broker that the settings name."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg
import redis

from config.settings import Settings, load_settings, without_password
from interfaces.cli.render.output import remark
from sandbox.demo.gateway import start_gateway, stop_gateway
from sandbox.local.postgres import EmbeddedPostgres
from sandbox.local.processes import start_processes, stop_processes, wait_until_alive
from sandbox.local.stack import LocalUrls, ensure_servers, local_urls, stop_servers
from sandbox.local.stand_in import GatewayStandIn
from sandbox.local.valkey import EmbeddedValkey
from settlement.errors import Refused
from settlement.storage.migrate import upgrade
from worker.broker import redis_client, speaks_redis
from worker.processes import PROCESSES, process_status
from worker.runtime import Runtime, build_runtime
from worker.servers import LocalServerError

FOLDER = "demo"
# A folder without it was not made by a demonstration and is not wiped.
MARK = "made-by-settle-demo"
# Sweeps and ticks come more often than in production: somebody is watching.
QUICK = {
    "SETTLE_LIMITS__SWEEP_EVERY_S": "1",
    "SETTLE_LIMITS__TICK_EVERY_S": "5",
    "SETTLE_COLLECTION__EVERY_S": "1",
}
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TAIL_LINES = 12
KEYS_DELETED = 500
AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Stage:
    """What a demonstration runs on. `urls` is set once the servers run."""

    settings: Settings
    given_database: bool
    given_broker: bool

    @property
    def folder(self) -> Path:
        """Data, logs and exports of the demonstration."""
        return self.settings.state_dir

    def servers(self) -> LocalUrls:
        """Starts the servers that are not given, checks those that are, and brings the schema up to date.

        Raises:
            LocalServerError: a server did not start.
            Refused: the given database is in use.
        """
        urls = ensure_servers(self.settings)
        if self.given_database:
            refuse_unless_empty(urls.migration_url)
        upgrade(urls.migration_url, worker_role=self.settings.worker_role)
        if self.given_broker:
            self._forget_keys(urls.broker_url)
        return urls

    def processes(self, urls: LocalUrls) -> None:
        """Starts the worker pools and beat; `until_alive` waits for them.

        Raises:
            LocalServerError: one of them ended at once.
        """
        start_processes(self.settings, urls)

    def gateway(self) -> GatewayStandIn:
        """Starts the stand-in for gateways, which the worker pools started after it will call.

        Raises:
            LocalServerError: it did not start, or a library is not installed.
        """
        return start_gateway(self.folder)

    def until_alive(self, name: str, timeout_s: float) -> None:
        """Waits for the first sign of life of a process.

        Raises:
            LocalServerError: it ended, or gave none in time.
        """
        wait_until_alive(self.settings, names=[name], timeout_s=timeout_s)

    def runtime(self) -> Runtime:
        """The runtime of this process, with the same servers and settings as the workers have."""
        # Read anew: since the settings of this stage were, a stand-in for gateways may have been named.
        return build_runtime(load_settings())

    def check_processes(self) -> None:
        """Raises LocalServerError when a process has died."""
        for status in process_status(self.settings.state_dir):
            if status.state != "running":
                raise LocalServerError(f"{status.name} has {status.state}; see {status.log}")

    def log_tail(self, name: str) -> list[str]:
        """The last lines of a process's log, or of PostgreSQL's or Valkey's."""
        logs = {
            "postgres": EmbeddedPostgres(self.folder, self.settings.worker_role).log,
            "valkey": EmbeddedValkey(self.folder).log,
        }
        path = logs.get(name, self.folder / "logs" / f"{name}.log")
        with suppress(OSError):
            return path.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return []

    def wipe(self) -> None:
        """Ends what an earlier demonstration left running and deletes its data.

        Raises:
            Refused: the folder holds something else.
        """
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / MARK).exists():
            raise Refused(
                "not_a_demo_folder",
                f"{self.folder} was not made by a demonstration and is left as it is; "
                "move it away, or name another folder in SETTLE_STATE_DIR",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        stop_processes(self.settings)
        stop_gateway(self.folder)
        EmbeddedValkey(self.folder).stop()
        EmbeddedPostgres(self.folder, self.settings.worker_role).destroy()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        (self.folder / MARK).touch()

    def stop(self) -> None:
        """Stops what the demonstration started; given servers are left alone. Its data stays."""
        with without_interruption():
            stops = (
                lambda: stop_processes(self.settings),
                lambda: stop_gateway(self.folder),
                lambda: stop_servers(self.settings),
            )
            for stop in stops:
                try:
                    stop()
                except (LocalServerError, OSError) as error:
                    remark(f"could not be stopped: {error}")
            if self.given_broker:
                with suppress(redis.RedisError):
                    self._forget_keys(local_urls(self.settings).broker_url)

    def _forget_keys(self, url: str) -> None:
        """Deletes what an earlier demonstration left on the given broker, known by the prefix of its keys."""
        if not speaks_redis(url):
            return
        with redis_client(self.settings, url) as client:
            pattern = f"{self.settings.broker_key_prefix}*"
            for key in client.scan_iter(match=pattern, count=KEYS_DELETED):
                client.delete(key)


def set_stage(accounts: int) -> Stage:
    """The stage for these settings. It sets the environment of this process, which children inherit.

    Raises:
        SettingsError: the environment does not make sense.
    """
    base = load_settings()
    os.environ.update({"SETTLE_STATE_DIR": str(base.state_dir / FOLDER), "SETTLE_TEST_CLOCK": "1"})
    # Ranges so small that there is something to watch.
    for name, value in {**QUICK, "SETTLE_LIMITS__RANGE_SIZE": str(max(5, accounts // 40))}.items():
        if not os.environ.get(name):
            os.environ[name] = value
    if base.broker_url is not None:
        # On a broker that others use too, the demonstration keeps to keys of its own.
        os.environ["SETTLE_BROKER_KEY_PREFIX"] = f"{base.broker_key_prefix}{FOLDER}:"
    return Stage(load_settings(), base.database_url is not None, base.broker_url is not None)


def refuse_unless_empty(url: str) -> None:
    """Raises Refused when the database holds accounts or events: somebody works with it."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        for table in ("account", "inbox"):
            known = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"]).fetchone()
            if known != (True,):
                continue
            query = f"SELECT EXISTS (SELECT 1 FROM {table})"  # noqa: S608 - one of the two words above
            if connection.execute(query).fetchone() == (True,):
                raise Refused(
                    "database_in_use",
                    f"{without_password(url)} holds {'accounts' if table == 'account' else 'events'} already: the "
                    "demonstration takes an empty database and wipes none; name another in SETTLE_DATABASE_URL, or "
                    "none, and it uses a server of its own",
                )


@contextmanager
def alone(state_dir: Path) -> Iterator[None]:
    """One demonstration of a state folder at a time.

    Raises:
        Refused: another one runs.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(state_dir / f"{FOLDER}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Refused(
            "demo_running", f"another `settle demo` runs in {state_dir}; wait for it or stop it"
        ) from None
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def orderly_end() -> Iterator[None]:
    """Inside, a signal that ends programs interrupts instead, so that everything started is stopped."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        # Python swallows what is raised inside a destructor, so it is raised again until somebody stops the timer.
        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
        raise KeyboardInterrupt

    try:
        with _handling(interrupt):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def without_interruption() -> Iterator[None]:
    """Inside, impatience changes nothing: what was started has to be stopped."""

    def explain(_number: int, _frame: FrameType | None) -> None:
        print("stopping what was started; a moment", file=sys.stderr)  # noqa: T201 - said from a signal handler

    signal.setitimer(signal.ITIMER_REAL, 0)
    with _handling(explain):
        yield


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in ENDING}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


PROCESS_NAMES = tuple(spec.name for spec in PROCESSES)

"""Real workers and beats for tests: a deployment with a database, a key prefix and a folder of its own."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psycopg
import redis
from celery import Celery
from sqlalchemy import text

from config.settings import Settings
from settlement.storage.store import Store
from worker.app import configuration
from worker.broker import lists_in_hand, redis_client, speaks_redis, stream_name

# Far beyond what anything here takes; it ends a test that would wait for ever.
PATIENCE_S = 150.0
# Small intervals, so that a test sees within a second what a deployment sees within a minute.
QUICK = {"SETTLE_LIMITS__SWEEP_EVERY_S": "0.5", "SETTLE_LIMITS__TICK_EVERY_S": "1"}


@dataclass
class Process:
    """One Celery process with its log."""

    popen: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """SIGKILL, to all of its processes: nothing of it gets to say goodbye."""
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(PATIENCE_S)

    def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.popen.terminate()
        return self.popen.wait(PATIENCE_S)

    def said(self, event: str) -> list[dict[str, Any]]:
        """Its log lines with this text."""
        lines = (line for line in self.log.read_text(errors="replace").splitlines() if line.startswith("{"))
        return [line for line in map(json.loads, lines) if line["event"] == event]


@dataclass
class Deployment:
    """A database, a part of a broker, a folder, and the processes started in it."""

    database_url: str
    broker_url: str
    state_dir: Path
    extra: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    # What its workers and beats are started with.
    app: str = "worker.app"
    # The folder of the program that is started, where it is another release's.
    code: Path | None = None

    def __post_init__(self) -> None:
        self.prefix = f"{self.state_dir.name}:"
        self.store = Store(self.database_url)
        self.stream = stream_name(self.prefix)
        # A client with the same configuration as the workers, and with no influence on the app of this process.
        self.client = Celery("client")
        given = Settings(broker_key_prefix=self.prefix)
        self.client.conf.update(configuration(given, self.broker_url))

    @functools.cached_property
    def redis(self) -> redis.Redis:
        """A client of the broker, which has to be a Redis, or one that sentinels watch."""
        if self.broker_url.startswith("redis"):
            return redis.Redis.from_url(self.broker_url)
        return redis_client(Settings(), self.broker_url)

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this deployment is started with."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")}
        return {
            **inherited,
            "SETTLE_DATABASE_URL": self.database_url,
            "SETTLE_BROKER_URL": self.broker_url,
            "SETTLE_BROKER_KEY_PREFIX": self.prefix,
            "SETTLE_STATE_DIR": str(self.state_dir),
            "C_FORCE_ROOT": "1",
            # Before what is installed here.
            **({"PYTHONPATH": str(self.code)} if self.code else {}),
            **QUICK,
            **self.extra,
        }

    def worker(
        self, name: str, *queues: str, pool: str = "threads", size: int = 8, wait: bool = True
    ) -> Process:
        """Starts a worker and, unless told otherwise, waits until it is ready."""
        process = self._start(
            name, "worker", "-Q", ",".join(queues), "--pool", pool, "-c", str(size), "-n", f"{name}@%h",
            "--without-gossip", "--without-mingle",
        )  # fmt: skip
        if wait:
            wait_for(lambda: process.said("worker ready"), process)
        return process

    def beat(self, name: str) -> Process:
        """Starts a beat with a schedule file of its own."""
        return self._start(name, "beat", "-s", str(self.state_dir / f"{name}-schedule"), "--pidfile=")

    def _start(self, name: str, *arguments: str) -> Process:
        log = self.state_dir / f"{name}-{len(self.processes)}.log"
        with log.open("wb") as written:
            popen = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", self.app, *arguments],
                env=self.environment,
                cwd=self.code,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = Process(popen, log)
        self.processes.append(process)
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs Python with this deployment's environment."""
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=self.code,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    @contextmanager
    def serving(self) -> Iterator[str]:
        """`settle serve` on a free port, for as long as the block lasts. Its address."""
        command = [
            sys.executable,
            "-c",
            "from interfaces.cli.main import main; main()",
            "serve",
            "--port",
            "0",
        ]
        log = self.state_dir / "serve.log"
        with (
            log.open("wb") as written,
            subprocess.Popen(
                command, env=self.environment, stdout=subprocess.PIPE, stderr=written, text=True
            ) as popen,
        ):
            try:
                assert popen.stdout is not None
                line = popen.stdout.readline()
                assert line.startswith("settle serve listens on "), log.read_text()
                yield line.split()[-1]
            finally:
                popen.terminate()
                assert popen.wait(PATIENCE_S) == 0, log.read_text()

    def send(self, task: str, *arguments: object) -> None:
        """Sends a task by name, as a program of somebody else would."""
        self.client.send_task(task, args=arguments)

    def add(self, *events: object) -> None:
        """Appends events to the stream."""
        with self.redis.pipeline() as pipe:
            for event in events:
                pipe.xadd(self.stream, {"event": json.dumps(event)})
            pipe.execute()

    def insert(self, *events: dict[str, Any]) -> None:
        """Inserts events into the inbox by plain SQL, as a program that shares the database would."""
        with self.store.transaction() as tx:
            for event in events:
                tx.execute(
                    text("""INSERT INTO inbox (source, event_id, type, account, data)
                            VALUES (:source, :event_id, :type, :account, CAST(:data AS jsonb))"""),
                    {**event, "data": json.dumps(event["data"])},
                )

    def rows(self, query: str, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.store.transaction() as tx:
            return [tuple(row) for row in tx.execute(text(query), parameters)]

    def one(self, query: str, **parameters: object) -> Any:
        """The only value of a query."""
        return self.rows(query, **parameters)[0][0]

    def cash_minor(self, account: str) -> int | None:
        """What an account has; None while there is none of this name."""
        found = self.rows("SELECT cash_minor FROM account WHERE external_id = :account", account=account)
        return found[0][0] if found else None

    def in_hand(self) -> list[bytes]:
        """The messages that workers have taken and not acknowledged."""
        lists = lists_in_hand(self.redis, self.prefix)
        return [item for name in lists for item in cast("list[bytes]", self.redis.lrange(name, 0, -1))]

    def forget_broker(self) -> None:
        """Deletes everything this deployment has in the broker, as FLUSHALL would."""
        for key in self.redis.scan_iter(f"{self.prefix}*"):
            self.redis.delete(key)

    def stop(self) -> None:
        """Ends what still runs."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()
        if speaks_redis(self.broker_url):
            self.forget_broker()
            self.redis.close()
        self.store.close()


@contextmanager
def deployment(database_url: str, broker_url: str, state_dir: Path, **extra: str) -> Iterator[Deployment]:
    """A deployment whose processes do not outlive the block."""
    made = Deployment(database_url, broker_url, state_dir, extra)
    try:
        yield made
    finally:
        made.stop()


def wait_for(condition: Callable[[], object], *processes: Process, patience_s: float = PATIENCE_S) -> None:
    """Waits until the condition holds; fails when a process ends before, or patience does, with the end of its log."""
    until = time.monotonic() + patience_s
    while not condition():
        ended = [process for process in processes if process.popen.poll() is not None]
        if ended or time.monotonic() > until:
            logs = "\n".join(
                process.log.read_text(errors="replace")[-3000:] for process in ended or processes
            )
            raise AssertionError(f"{'a process ended' if ended else 'it did not happen'}\n{logs}")
        time.sleep(0.05)


def until_it_answers(ask: Callable[[], object]) -> None:
    """Asks a server, of a database or another kind, until it does not fail any more.

    Raises:
        psycopg.OperationalError, OSError: what it failed with when patience was at its end.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            ask()
        except (OSError, psycopg.OperationalError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def opened(account: str, currency: str = "USD") -> dict[str, Any]:
    """The event that opens an account."""
    return event("account_opened", account, f"open-{account}", currency=currency)


def top_up(account: str, number: object, amount: str = "10.00") -> dict[str, Any]:
    """Money for an account."""
    return event("top_up", account, f"{account}-{number}", amount=amount, currency="USD")


def event(kind: str, account: str, event_id: str, /, **data: object) -> dict[str, Any]:
    """An event of the source `test`."""
    return {"source": "test", "event_id": event_id, "type": kind, "account": account, "data": data}


def age_entries(made: Deployment, group: str, consumer: str, ids: Sequence[bytes], idle_ms: int) -> None:
    """Makes stream entries look as if their reader had held them for this long."""
    made.redis.xclaim(made.stream, group, consumer, 0, list(ids), idle=idle_ms, justid=True)

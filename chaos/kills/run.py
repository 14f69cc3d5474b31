"""Sends messages, kills workers while they work, and counts what became of every message."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import redis
from celery import Celery

from chaos.fleet import ROOT
from chaos.folder import in_folder
from sandbox.local.block import broker_server

Client = Literal["ours", "celery"]
QUEUE = "kills"
PREFIX = "chaos:"
TASK = "kills.note"
WORKERS = 2
# So many messages wait at most, so that workers are busy and the queue does not grow without end.
BACKLOG = 1000
# What a dead worker had comes back after so long.
LEASE_S = 3
# Nothing more comes when nothing has come for several times that.
QUIET_S = 15.0
READY = b"ready"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the messages of one side."""

    client: Client
    messages: int
    kills: int
    lost: int
    doubled: int
    seconds: float

    @property
    def is_good(self) -> bool:
        """Nothing was lost, at least not by us."""
        return not self.lost or self.client == "celery"

    def as_json(self) -> dict[str, Any]:
        """Everything, and the share."""
        share = self.lost / self.kills if self.kills else 0.0
        return asdict(self) | {"lost_per_kill": round(share, 3)}


@dataclass
class Notes:
    """The file into which workers write: numbers of messages, and a word when one of them is ready."""

    path: Path
    seen: Counter[int] = field(default_factory=Counter)
    ready: int = 0
    _read: int = 0

    def look(self) -> None:
        """Reads what is new. The last line may be half there."""
        if not self.path.exists():
            return
        with self.path.open("rb") as notes:
            notes.seek(self._read)
            *lines, _ = notes.read().split(b"\n")
        self._read += sum(len(line) + 1 for line in lines)
        self.ready += lines.count(READY)
        self.seen.update(int(line) for line in lines if line != READY)

    def outcome(self, client: Client, messages: int, kills: int, seconds: float) -> Outcome:
        """Of the messages 0 to `messages` - 1."""
        lost = sum(1 for number in range(messages) if not self.seen[number])
        return Outcome(client, messages, kills, lost, self.seen.total() - len(self.seen), round(seconds, 1))


def kill_workers(client: Client, *, messages: int, kills: int, seed: int) -> Outcome:
    """One side: so many messages at least are sent, workers killed on the way, and all waited for that still come."""

    def run(folder: Path) -> Outcome:
        return _kill_workers(folder, client, messages, kills, seed)

    return in_folder("settle-kills-", run)


def _kill_workers(folder: Path, client: Client, messages: int, kills: int, seed: int) -> Outcome:
    with ExitStack() as stack:
        url = stack.enter_context(broker_server(folder))
        notes = Notes(folder / "notes")
        workers = stack.enter_context(_workers(_environment(client, url, folder), folder))
        began = time.monotonic()
        sent = _send_and_kill(url, workers, notes, messages, kills, random.Random(seed))
        _wait_until_quiet(notes, sent)
        return notes.outcome(client, sent, kills, time.monotonic() - began)


def _send_and_kill(
    url: str, workers: _Workers, notes: Notes, messages: int, kills: int, chance: random.Random
) -> int:
    """Kills are spread over the messages, and each hits a worker at work: all are ready, and messages wait. How many
    were sent: more than are wanted, if the kills take longer.
    """
    killed = sent = 0
    app = Celery("sender", broker=url, set_as_current=False)
    app.conf.broker_transport_options = {"global_keyprefix": PREFIX}
    with redis.Redis.from_url(url) as broker, app.producer_pool.acquire() as producer:
        while sent < messages or killed < kills:
            waiting = int(str(broker.llen(PREFIX + QUEUE)))
            if waiting < BACKLOG:
                for _ in range(100):
                    app.send_task(TASK, args=[sent], queue=QUEUE, producer=producer, retry=False)
                    sent += 1
            notes.look()
            is_due = len(notes.seen) >= (killed + 1) * messages // (kills + 1)
            if killed < kills and is_due and waiting and notes.ready >= WORKERS + killed:
                time.sleep(chance.random() * 0.01)
                workers.kill(chance.randrange(WORKERS))
                killed += 1
    return sent


def _wait_until_quiet(notes: Notes, messages: int) -> None:
    changed, known = time.monotonic(), -1
    while len(notes.seen) < messages and time.monotonic() - changed < QUIET_S:
        time.sleep(0.1)
        notes.look()
        if notes.seen.total() != known:
            changed, known = time.monotonic(), notes.seen.total()
    # What comes a second time comes now.
    time.sleep(LEASE_S)
    notes.look()


def _environment(client: Client, url: str, folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")}
    return inherited | {
        "SETTLE_DATABASE_URL": "postgresql://nobody@/none",
        "SETTLE_BROKER_URL": url,
        "SETTLE_BROKER_KEY_PREFIX": PREFIX,
        "SETTLE_STATE_DIR": str(folder),
        "SETTLE_LIMITS__VISIBILITY_TIMEOUT_S": str(LEASE_S),
        "KILLS_CLIENT": client,
        "KILLS_NOTES": str(folder / "notes"),
        "C_FORCE_ROOT": "1",
    }


class _Workers:
    """Worker processes, each in a session of its own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._started = 0
        self.running = [self._start() for _ in range(WORKERS)]

    def _start(self) -> subprocess.Popen[bytes]:
        self._started += 1
        command = [
            sys.executable, "-m", "celery", "-A", "chaos.kills.app", "worker", "-Q", QUEUE, "--pool", "threads",
            "-c", "8", "-n", f"kills-{self._started}@%h", "-l", "WARNING", "--without-gossip", "--without-mingle",
        ]  # fmt: skip
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self, number: int) -> None:
        """SIGKILL, and another one in its place."""
        self._end(self.running[number])
        self.running[number] = self._start()

    def end(self) -> None:
        """SIGKILL to all."""
        for popen in self.running:
            self._end(popen)

    def _end(self, popen: subprocess.Popen[bytes]) -> None:
        if popen.poll() is None:
            os.killpg(popen.pid, signal.SIGKILL)
        popen.wait()


@contextmanager
def _workers(environment: dict[str, str], folder: Path) -> Iterator[_Workers]:
    workers = _Workers(environment, folder / "workers.log")
    try:
        yield workers
    finally:
        workers.end()

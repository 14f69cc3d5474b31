"""The steps by which one release takes the place of another, and gives it back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import psycopg

from chaos.clock import MOVE
from chaos.failover.run import Load, until
from chaos.fleet import Fleet

COMMAND = ("-c", "from interfaces.cli.main import main; main()")
POOLS = ("events", "upkeep", "month-close", "collection")
# What docs/operating.md has typed with the new program: before its first worker, beside the last old one, and after it.
MIGRATE, LOOK, PROVE = ("db", "migrate"), ("status",), ("audit",)
# Names of workers, each of which is started once.
OLD = dict.fromkeys(("old", "back"), POOLS)
NEW = dict.fromkeys(("new", "again"), POOLS)
CLOSED = "SELECT count(*) FROM run WHERE kind = 'month_close' AND state = 'done'"
LEFT = "SELECT count(*) FROM bill WHERE state = 'accruing' AND cycle <= %s"

_ZONE = ZoneInfo("Asia/Shanghai")

Step = tuple[str, Callable[[], object]]


@dataclass
class Rollout:
    """Processes of both releases, of which either is started in a folder of its own code.

    `now`: where the test clock stands, UTC.
    """

    load: Load
    owner_url: str
    old: Fleet
    new: Fleet
    now: datetime

    def begin(self) -> None:
        """The previous release alone, on its own schema."""
        self.settle(self.old, *MIGRATE)
        self.move_clock(self.now)
        self._start(self.old, "old", beat="old-beat")

    def steps(self) -> list[Step]:
        """What is done one after the other, and how it is called."""
        return [
            ("the schema is migrated by the new program", partial(self.settle, self.new, *MIGRATE)),
            ("a new worker joins", partial(self._start, self.new, "new")),
            ("a month is closed by both", self._close_month),
            ("the old one is killed", self._end_old),
            ("a month is closed by the new one", self._close_month),
            ("an old one comes back, and the new one ends", self._go_back),
            ("a month is closed by the old one on the new schema", self._close_month),
            ("a new one comes again, and the old one ends", self._go_forth),
        ]

    def settle(self, fleet: Fleet, *arguments: str) -> str:
        """What a command of a release prints, as the owner of the schema.

        Raises:
            RuntimeError: it did not end well.
        """
        ended = subprocess.run(
            [sys.executable, *COMMAND, *arguments], cwd=fleet.root, capture_output=True, text=True, check=False,
            env=fleet.environment | {"SETTLE_MIGRATION_URL": self.owner_url},
        )  # fmt: skip
        if ended.returncode:
            raise RuntimeError(f"settle {' '.join(arguments)}: {ended.stdout}{ended.stderr}")
        return ended.stdout

    def move_clock(self, at: datetime) -> None:
        """Ahead to an instant (UTC)."""
        self.now = at
        with psycopg.connect(self.load.database_url) as connection:
            connection.execute(MOVE, {"at": at})

    def _start(self, fleet: Fleet, *workers: str, beat: str | None = None) -> None:
        """Returns when the workers take messages."""
        for name in (*workers, *([beat] if beat else [])):
            fleet.start(name)
        for name in workers:
            until(partial(_is_ready, fleet, name))

    def _close_month(self) -> None:
        """The clock goes on to an issuance; returns when the bills of the months before are issued."""
        closed = self._count(CLOSED)
        cycle, issued_at = issuance_after(self.now)
        self.move_clock(issued_at)
        until(lambda: self._count(CLOSED) > closed and not self._count(LEFT, cycle))

    def _end_old(self) -> None:
        self.old.kill("old")
        self.old.end("old-beat")
        self._start(self.new, beat="new-beat")
        self.settle(self.new, *LOOK)

    def _go_back(self) -> None:
        self.new.end("new-beat")
        self._start(self.old, "back", beat="back-beat")
        self.new.end("new")

    def _go_forth(self) -> None:
        self._start(self.new, "again")
        self.old.end("back", "back-beat")
        self._start(self.new, beat="again-beat")

    def _count(self, query: str, *values: object) -> int:
        with psycopg.connect(self.load.database_url) as connection:
            [found] = connection.execute(query.encode(), values).fetchall()
        return int(found[0])


def _is_ready(fleet: Fleet, name: str) -> bool:
    if fleet.running[name].poll() is not None:
        raise RuntimeError(f"{name} did not start, see {fleet.folder / f'{name}.log'}")
    return b"worker ready" in (fleet.folder / f"{name}.log").read_bytes()


def issuance_after(at: datetime) -> tuple[int, datetime]:
    """The month in which `at` lies in the billing zone, and when its bills are issued (UTC): on the second of the next
    one, at noon there.
    """
    local = at.astimezone(_ZONE)
    cycle = local.year * 100 + local.month
    following = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    return cycle, datetime(*following, 2, 12, tzinfo=_ZONE).astimezone(UTC)

"""Doing what the schedule says. Each fault is over when its function returns, and what it ended runs again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

from chaos.clock import Clock
from chaos.doors import NameDoor
from chaos.fleet import Fleet
from chaos.journal import Journal
from chaos.proxy import Proxy
from chaos.schedule import CLOCK, Fault
from chaos.servers import PREFIX, BrokerServer, DatabaseServer

Do = Callable[[Fault], object]
THIRD_BEAT = "beat-3"
COMPARE = "tasks.collection.reconcile"
TICKS = (
    "tasks.upkeep.tick",
    "tasks.upkeep.issue_bills",
    "tasks.upkeep.sweep_month",
    "tasks.upkeep.check_day",
    "tasks.events.drain",
    "tasks.upkeep.relay",
    "tasks.collection.look",
    "tasks.collection.send",
    "tasks.collection.refunds",
    "tasks.collection.hints",
    COMPARE,
)


class Faults:
    """Everything that can go wrong in a run."""

    def __init__(
        self, fleet: Fleet, database: DatabaseServer, broker: BrokerServer, clock: Clock, journal: Journal
    ) -> None:
        self._fleet = fleet
        self._broker = broker
        self._clock = clock
        self._journal = journal
        self._links: dict[str, Proxy] = {"broker": broker.proxy, "database": database.proxy}
        self._do: dict[str, Do] = {
            "kill worker": self._kill,
            "end worker": self._end,
            "stop worker": self._stop,
            "kill all workers": self._kill_all,
            "kill beat": self._kill,
            "kill webhook server": self._kill,
            "third beat": self._third_beat,
            "double ticks": self._double_ticks,
            "kill and restart broker": lambda fault: broker.restart(fault.for_s),
            "lose the broker's memory": self._lose_memory,
            "restart database": lambda fault: database.restart(fault.for_s),
            "terminate backends": lambda _: database.terminate_backends(),
            "cut connections": lambda fault: self._links[fault.target].cut(),
            "delay connections": lambda fault: self._for_a_while(fault, self._links[fault.target].delay),
            "swallow packets": lambda fault: self._for_a_while(fault, self._links[fault.target].swallow),
        }

    def do(self, fault: Fault) -> None:
        """Does it. What had ended by itself is started again first, as a supervisor would."""
        for name in self._fleet.ended_by_themselves():
            self._fleet.start(name)
        if fault.kind.startswith(CLOCK):
            self._clock.move(datetime.fromisoformat(fault.target) + timedelta(seconds=1))
        else:
            self._do[fault.kind](fault)

    def nudge(self, task: str = "tasks.events.drain") -> None:
        """Somebody says that events wait, or asks for another task."""
        self._tick(task)

    def all_off(self) -> None:
        """Nothing of it lasts."""
        for name in self._fleet.workers:
            self._fleet.signal(name, signal.SIGCONT)
        for link in self._links.values():
            link.delay(on=False)
        self._fleet.kill(THIRD_BEAT)

    def _kill(self, fault: Fault) -> None:
        self._fleet.kill(fault.target)
        self._fleet.start(fault.target)

    def _end(self, fault: Fault) -> None:
        self._fleet.end(fault.target)
        self._fleet.start(fault.target)

    def _stop(self, fault: Fault) -> None:
        self._fleet.signal(fault.target, signal.SIGSTOP)
        time.sleep(fault.for_s)
        self._fleet.signal(fault.target, signal.SIGCONT)

    def _kill_all(self, _: Fault) -> None:
        for name in self._fleet.workers:
            self._fleet.kill(name)
        for name in self._fleet.workers:
            self._fleet.start(name)

    def _third_beat(self, fault: Fault) -> None:
        self._fleet.start(THIRD_BEAT)
        time.sleep(fault.for_s)
        self._fleet.kill(THIRD_BEAT)

    def _double_ticks(self, _: Fault) -> None:
        self._tick(*TICKS, *TICKS)

    def _tick(self, *tasks: str) -> None:
        with closing(NameDoor(self._broker.direct_url, PREFIX)) as door:
            for task in tasks:
                door.tick(task)

    def _lose_memory(self, fault: Fault) -> None:
        for door, event_ids in self._broker.lose_memory(fault.for_s).items():
            self._journal.destroyed(door, event_ids)

    def _for_a_while(self, fault: Fault, turn: Callable[..., None]) -> None:
        turn(on=True)
        time.sleep(fault.for_s)
        turn(on=False)

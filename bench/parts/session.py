"""The servers that a command measures on, and the file that its results go to as they come."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from bench.place.place import Place
from bench.place.progress import Progress
from bench.place.servers import Server
from bench.report import results, tables
from sandbox.local.block import broker_server


def load_average() -> float:
    """How many processes wanted a processor, on average over the last minute."""
    return round(os.getloadavg()[0], 2)


@dataclass(slots=True)
class Session:
    """Where is measured, and the file of the results."""

    place: Place
    output: Path
    # Of other work, or of the part before: what the machine was doing when this began.
    load_before: float = field(default_factory=load_average)

    def keep(self, section: str, measured: dict[str, Any]) -> None:
        """Writes one section down, with where and with what it was measured, and how busy the machine was."""
        with redis.Redis.from_url(self.place.broker_url) as client:
            info: Any = client.info("server")
        broker = f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}"
        found = results.read(self.output)
        machine = results.machine(self.place.server.version(), broker)
        loads = {"load_average_before": self.load_before, "load_average_after": load_average()}
        found[section] = {"machine": machine | loads} | measured
        results.write(self.output, found)

    def keep_size(self, section: str, by: str, measured: dict[str, Any]) -> None:
        """Writes one size of a section down beside those of before; `by` names the figure that says which it is."""
        known = results.read(self.output).get(section, {}).get("sizes", [])
        sizes = [measured, *(other for other in known if other[by] != measured[by])]
        self.keep(section, {"sizes": sorted(sizes, key=lambda one: int(one[by]))})


@contextmanager
def servers() -> Iterator[Place]:
    """The servers, and a folder for their data and for logs, kept when a benchmark fails."""
    folder = Path(tempfile.mkdtemp(prefix="settle-bench-"))
    with Server.opened(folder) as server, broker_server(folder) as broker_url:
        yield Place(server, broker_url, folder, Progress())
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def measuring(output: Path) -> Iterator[Session]:
    """The servers, then the tables."""
    with servers() as place:
        yield Session(place, output)
    tables.show(results.read(output))

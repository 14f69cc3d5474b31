"""A run in which primaries die."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from chaos.doors import SqlDoor, StreamDoor
from chaos.failover.postgres.servers import Pair
from chaos.failover.run import PREFIX, Load, Outcome, under_load
from chaos.failover.sender import Sender
from chaos.folder import in_folder
from sandbox.local.block import broker_server


def fail_over(*, events: int, failovers: int, seed: int) -> Outcome:
    """So many events at least, and so many primaries that die on the way, each with a synchronous standby."""

    def run(folder: Path) -> Outcome:
        return _fail_over(folder, events, failovers, seed)

    return in_folder("settle-failover-", run)


def _fail_over(folder: Path, events: int, failovers: int, seed: int) -> Outcome:
    with ExitStack() as stack:
        broker = stack.enter_context(broker_server(folder))
        pair = Pair(folder)
        stack.callback(pair.destroy)
        sender = Sender("both", pair.url, (SqlDoor(pair.url), StreamDoor(broker, PREFIX)))
        load = Load(pair.url, broker, (sender,))
        return under_load(pair, load, folder, events=events, failovers=failovers, seed=seed)

"""A run in which primaries die."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from chaos.doors import SqlDoor, StreamDoor
from chaos.failover.postgres.servers import Pair
from chaos.failover.run import PREFIX, Load, Outcome, under_load
from chaos.failover.sender import Sender
from sandbox.local.block import broker_server


def fail_over(*, events: int, failovers: int, seed: int) -> Outcome:
    """So many events at least, and so many primaries that die on the way, each with a synchronous standby."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="settle-failover-")))
        broker = stack.enter_context(broker_server(folder))
        pair = Pair(folder)
        stack.callback(pair.destroy)
        sender = Sender("both", pair.url, (SqlDoor(pair.url), StreamDoor(broker, PREFIX)))
        load = Load(pair.url, broker, (sender,))
        return under_load(pair, load, folder, events=events, failovers=failovers, seed=seed)

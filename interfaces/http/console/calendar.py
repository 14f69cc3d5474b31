"""What the calendar owes, as the pages show it."""

from __future__ import annotations

from typing import Any

from interfaces.http.console.context import Console
from settlement.operations.schedule.owed import owed_by


async def owed_values(console: Console) -> dict[str, Any]:
    """What the note about owed instants shows: all of them, oldest first."""
    runtime = console.api.runtime
    at = await console.api.in_thread(runtime.as_of)
    return {"owed": await console.api.read(lambda tx: owed_by(tx, at=at, policy=runtime.policy))}

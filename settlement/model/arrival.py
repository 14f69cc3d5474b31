"""An event as an ingress hands it over, before anybody looked at what it wants, and what becomes of those received."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Arrival(NamedTuple):
    """One event as an ingress hands it over. `data` is JSON text. With `reason` it is kept as refused."""

    source: str
    event_id: str
    type: str
    account: str
    data: str
    occurred_at: datetime | None = None
    correlation_id: str | None = None
    reason_code: str | None = None
    reason: str | None = None


class Received(NamedTuple):
    """What became of arrivals: `accepted` wait, `refused` are kept with a reason, `repeated` were known already."""

    accepted: int
    refused: int
    repeated: int

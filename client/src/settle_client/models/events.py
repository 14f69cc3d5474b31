"""Bodies that are received from `events`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from settle_client.models.accounts import Outcome
from settle_client.values import Received


class NotKept(Received):
    """Not kept."""

    event_id: str | None = None
    state: str
    code: str
    detail: str


class Results(Received):
    """Results."""

    events: tuple[Outcome | NotKept, ...]


class Inbox(Received):
    """Inbox."""

    id: int
    received_at: dt.datetime
    type: str
    account: str
    source: str
    event_id: str
    # One of waiting, done, refused, parked.
    state: str
    reason_code: str | None = None
    reason: str | None = None
    dismissed_at: dt.datetime | None = None
    dismissed_by: str | None = None
    dismissed_because: str | None = None
    attempts: int
    door: str
    occurred_at: dt.datetime | None = None
    correlation_id: str | None = None
    conflict_of: int | None = None
    finished_at: dt.datetime | None = None


class EventDetails(Inbox):
    """Event details."""

    data: Any = None


class Quarantine(Received):
    """Quarantine."""

    id: int
    received_at: dt.datetime
    queue: str
    task: str | None = None
    size: int
    kept_bytes: int
    times: int
    sha256: str
    # One of kept, released, dropped.
    state: str
    code: str
    reason: str
    finished_at: dt.datetime | None = None


class MessageDetails(Quarantine):
    """Message details."""

    raw: str


class Announcement(Received):
    """Announcement."""

    # No other announcement ever has it; by it repeats are dropped.
    id: str
    type: str
    # When it happened.
    timestamp: dt.datetime
    # When it was published; by `GET /v1/announcements` only.
    published_at: dt.datetime | None = None
    # That of the event, or of the run, which led to it.
    correlation_id: str
    data: dict[str, Any]

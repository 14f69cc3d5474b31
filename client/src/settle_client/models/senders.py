"""Bodies that are received from `senders`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Received


class Sender(Received):
    """Sender."""

    source: str
    event_types: tuple[str, ...] | None = None
    accounts: tuple[str, ...] | None = None
    role: str | None = None
    created_at: dt.datetime
    ended_at: dt.datetime | None = None


class Key(Received):
    """Key."""

    key: str
    source: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None


class Endpoint(Received):
    """Endpoint."""

    endpoint: str
    url: str
    topics: tuple[str, ...] | None = None
    accounts: tuple[str, ...] | None = None
    source: str | None = None
    created_at: dt.datetime
    paused_because: str | None = None
    paused_at: dt.datetime | None = None
    fails: int
    rests_until: dt.datetime | None = None
    last_success_at: dt.datetime | None = None
    previous_until: dt.datetime | None = None
    waiting: int
    waiting_since: dt.datetime | None = None


class Delivery(Received):
    """Delivery."""

    announcement: str
    topic: str
    account: str | None = None
    created_at: dt.datetime
    attempts: int
    status: int | None = None
    response: str | None = None
    tried_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None

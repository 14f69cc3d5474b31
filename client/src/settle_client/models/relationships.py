"""Bodies that are received from `relationships`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Received


class Relationship(Received):
    """Relationship."""

    number: int
    main: str
    member: str
    # One of pending, valid, ended.
    state: str
    requested_at: dt.datetime
    valid_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None

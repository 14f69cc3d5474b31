"""What is announced to the outside: rows of the outbox."""

from __future__ import annotations

from typing import NamedTuple


class Announcement(NamedTuple):
    """An outbox row; `payload` is JSON text."""

    account_id: int
    topic: str
    payload: str
    correlation_id: str

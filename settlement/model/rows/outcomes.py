"""What becomes of events: values of inbox rows."""

from __future__ import annotations

from typing import Literal, NamedTuple


class EventOutcome(NamedTuple):
    """How an inbox row ends: done, or refused with a code and a sentence."""

    inbox_id: int
    state: Literal["done", "refused", "parked"]
    reason_code: str | None
    reason: str | None

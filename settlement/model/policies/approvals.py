"""What a second person decides about an act of somebody else. Rule: R14.5."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Decision = Literal["approved", "declined", "withdrawn"]
# `expired` is no decision: it waited for too long.
RequestState = Literal["waiting", "approved", "declined", "withdrawn", "expired"]


class NewRequest(NamedTuple):
    """An act as it is kept until somebody decides. `event_id`: of its form; `figures`: what was shown with it."""

    event_id: str
    maker: str
    role: str
    action: str
    account: str
    data: dict[str, Any]
    reason: str | None
    amount_minor: int
    currency: str
    figures: list[list[Any]]

"""Cards and coupons in a word: may they be used at this instant."""

from __future__ import annotations

from datetime import datetime


def validity(balance_minor: int, valid_from: datetime, valid_until: datetime, now: datetime) -> str:
    """`valid`, `not yet`, `expired` or `used up`; what is left on one that expired is booked off the day after."""
    if now >= valid_until:
        return "expired"
    if not balance_minor:
        return "used up"
    return "not yet" if now < valid_from else "valid"

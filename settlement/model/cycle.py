"""The billing cycle: a calendar month of the billing zone, an integer YYYYMM, written `YYYY-MM`. Rule: R1.7."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import NewType

from settlement.errors import Refused
from settlement.model.money import quoted

Cycle = NewType("Cycle", int)

_TEXT = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@lru_cache(maxsize=4096)
def cycle_of(at: datetime, zone: tzinfo) -> Cycle:
    """The cycle in which an instant falls, by the calendar of the billing zone."""
    local = at.astimezone(zone)
    return Cycle(local.year * 100 + local.month)


def parse_cycle(text: str) -> Cycle:
    """`"2026-10"` as a cycle.

    Raises:
        Refused: `bad_cycle` for anything else.
    """
    match = _TEXT.fullmatch(text)
    if match is None or not 1900 <= int(match[1]) <= 2999:
        raise Refused(
            "bad_cycle",
            f"billing cycle must be written YYYY-MM, from 1900-01 to 2999-12, not {quoted(text)}",
        )
    return Cycle(int(match[1]) * 100 + int(match[2]))


@lru_cache(maxsize=1024)
def cycle_text(cycle: int) -> str:
    """A cycle for people and programs: `"2026-10"`."""
    return f"{cycle // 100:04d}-{cycle % 100:02d}"


def previous_cycle(cycle: int) -> Cycle:
    """The month before."""
    return Cycle(cycle - 1 if cycle % 100 > 1 else cycle - 89)


def next_cycle(cycle: int) -> Cycle:
    """The month after."""
    return Cycle(cycle + 1 if cycle % 100 < 12 else cycle + 89)

"""Instants as text, in one notation everywhere: RFC 3339. For programs in UTC, for people in the billing zone."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def instant_text(at: datetime) -> str:
    """An instant for programs, in UTC and to the microsecond that it has: `2026-11-02T04:00:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local_text(at: datetime, zone: tzinfo) -> str:
    """An instant for people, to the second, with the offset of their zone: `2026-11-02T12:00:00+08:00`.

    In UTC where the year is over in the zone after the last one that there is, or has not begun before the first.
    """
    try:
        return at.astimezone(zone).isoformat(timespec="seconds")
    except OverflowError:
        return at.astimezone(UTC).isoformat(timespec="seconds")

"""The calendar as versions: when each held, and the one time zone that they make together. Rule: R3.7."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


class CalendarVersion(NamedTuple):
    """What decided, from `holds_from` until before `holds_until` (UTC), on which days and at which hours things happen.

    `issue_day`, `issue_time` and `sweep_time` are local to `zone`.
    """

    holds_from: datetime
    holds_until: datetime
    zone: tzinfo
    issue_day: int
    issue_time: time
    sweep_time: time


class BillingZone(tzinfo):
    """Time zones one after the other, each from its instant (UTC) on; the first one for all time before, too.

    A change of zone is to it what a change of summer time is to others: a local time that it skips counts as if the
    clock had not been moved, and one that comes twice is the first of the two.
    """

    def __init__(self, zones: Sequence[tuple[datetime, tzinfo]]) -> None:
        starts = [BEGINNING, *(since for since, _ in zones[1:])]
        self._spans = [
            (since, until, zone)
            for since, until, (_, zone) in zip(starts, [*starts[1:], END], zones, strict=True)
        ]

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """The offset of the zone that held at this local time."""
        return None if dt is None else self._local(dt).utcoffset()

    def dst(self, dt: datetime | None) -> timedelta | None:
        """The summer time of the zone that held at this local time."""
        return None if dt is None else self._local(dt).dst()

    def tzname(self, dt: datetime | None) -> str | None:
        """The name of the zone that held, or holds last."""
        return str(self) if dt is None else self._local(dt).tzname()

    def fromutc(self, dt: datetime) -> datetime:
        """The local time of an instant that is written in UTC, marked as ours."""
        at = dt.replace(tzinfo=UTC)
        number = next(n for n, (_, until, _) in enumerate(self._spans) if at < until or until == END)
        local = at.astimezone(self._spans[number][2])
        if number and _instant(local.replace(fold=0), self._spans[number - 1][2]) < self._spans[number][0]:
            local = local.replace(fold=1)
        return local.replace(tzinfo=self)

    def _local(self, dt: datetime) -> datetime:
        found = [
            n for n, (since, until, zone) in enumerate(self._spans) if since <= _instant(dt, zone) < until
        ]
        if found:
            return dt.replace(tzinfo=self._spans[found[-1 if dt.fold else 0]][2])
        # Skipped by a change: the zone before it.
        skipped = next(n for n, (since, _, zone) in enumerate(self._spans) if _instant(dt, zone) < since)
        return dt.replace(tzinfo=self._spans[skipped - 1][2])

    def __str__(self) -> str:
        """The zone that holds last."""
        return str(self._spans[-1][2])


def _instant(local: datetime, zone: tzinfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)

"""Instants of the calendar that are owed, and from when on they keep events waiting. The naive way. Rule: R3.6."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.oracle import months

# Nobody noticed it for longer: it was missed. Events of longer ago met an outage.
GRACE = timedelta(minutes=15)
# Events wait no longer than this behind what was noticed too late.
PATIENCE = timedelta(hours=1)


class Owed:
    """Every sweep, issuance and midnight that nobody has done yet, and when each was noticed."""

    def __init__(self, now: datetime) -> None:
        self._noticed_until = now
        self._owed: dict[datetime, datetime] = {}

    def notice(self, now: datetime) -> None:
        """Somebody looks at the calendar."""
        for at in months.instants(self._noticed_until, now):
            self._owed[at] = now
        self._noticed_until = max(now, self._noticed_until)

    def missed(self) -> list[datetime]:
        """Oldest first."""
        return sorted(at for at, noticed in self._owed.items() if noticed - at > GRACE)

    def holds_back_from(self, now: datetime, oldest_event: datetime) -> datetime | None:
        """What arrived then or later waits. Rule: R3.6d."""
        if now - oldest_event > GRACE:
            self.notice(now)
        return min((at for at in self.missed() if self._owed[at] > now - PATIENCE), default=None)

    def take(self, until: datetime) -> list[datetime]:
        """Those up to an instant, oldest first, which are not owed any more."""
        taken = sorted(at for at in self._owed if at <= until)
        for at in taken:
            del self._owed[at]
        return taken

"""The values that rules depend on, as they hold at one instant, and every version of them. Rule: R3.7."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from settlement.model.policies.calendar import BEGINNING, END, BillingZone, CalendarVersion
from settlement.model.policies.collection import CollectionPolicy
from settlement.model.policies.credit import CreditPolicy


@dataclass(frozen=True, slots=True)
class Policy:
    """How this deployment bills.

    `zone` is the billing time zone; `issue_day` and `issue_time` say when last month's bill is issued, local time.
    `partial_write_off`: may the last bill be paid in part. `freeze_accruing`: do accruing fees lower available credit.
    `collection`: how standard accounts are collected from. `credit`: how credit-control accounts are reminded.
    `payment_lease`: how long a manual payment holds automatic write-off at most. `records_since`: the first cycle whose
    bills have repayment records to show. `history`: the versions that this one is of; without, it holds always.
    """

    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    issue_day: int = 2
    issue_time: time = time(12, 0)
    partial_write_off: bool = True
    freeze_accruing: bool = True
    payment_lease: timedelta = timedelta(minutes=30)
    records_since: int = 202301
    # Left out of the hash, which is taken for every fee; it still counts for equality.
    collection: CollectionPolicy = field(default_factory=CollectionPolicy, hash=False)
    credit: CreditPolicy = field(default_factory=CreditPolicy, hash=False)
    history: PolicyHistory | None = field(default=None, compare=False, repr=False)

    def at(self, instant: datetime) -> Policy:
        """The version that holds at an instant (UTC). Rule: R3.7b."""
        return self if self.history is None else self.history.at(instant)

    @property
    def versions(self) -> list[tuple[datetime, Policy]]:
        """Every version with the instant (UTC) from which it holds, oldest first."""
        return [(BEGINNING, self)] if self.history is None else self.history.versions

    @property
    def calendar(self) -> tuple[CalendarVersion, ...]:
        """The calendar of all time, oldest version first."""
        if self.history is not None:
            return self.history.calendar
        return _always(self.zone, self.issue_day, self.issue_time, self.collection.sweep_time)


@lru_cache(maxsize=64)
def _always(zone: tzinfo, issue_day: int, issue_time: time, sweep_time: time) -> tuple[CalendarVersion, ...]:
    return (CalendarVersion(BEGINNING, END, zone, issue_day, issue_time, sweep_time),)


class PolicyHistory:
    """Every version of the policy, each with the instant (UTC) from which it holds, the first one from the beginning.

    It only ever learns of versions that hold from later instants than anybody has planned for yet, so what it has said
    of an instant never changes. Whoever keeps one of its policies sees them too. Rule: R3.7b.
    """

    def __init__(self, versions: Sequence[tuple[datetime, Policy]]) -> None:
        self._known = self._made_of(versions)

    def learn(self, versions: Sequence[tuple[datetime, Policy]]) -> None:
        """Takes all versions as they are known now."""
        self._known = self._made_of(versions)

    def at(self, instant: datetime) -> Policy:
        """The version that holds at an instant (UTC)."""
        starts, policies, _ = self._known
        return policies[max(bisect_right(starts, instant) - 1, 0)]

    @property
    def versions(self) -> list[tuple[datetime, Policy]]:
        """Every version with the instant (UTC) from which it holds, oldest first."""
        starts, policies, _ = self._known
        return list(zip(starts, policies, strict=True))

    @property
    def calendar(self) -> tuple[CalendarVersion, ...]:
        """The calendar of all time, oldest version first."""
        return self._known[2]

    def _made_of(
        self, versions: Sequence[tuple[datetime, Policy]]
    ) -> tuple[list[datetime], list[Policy], tuple[CalendarVersion, ...]]:
        starts = [BEGINNING, *(since for since, _ in versions[1:])]
        zones = [
            (since, policy.zone)
            for number, (since, (_, policy)) in enumerate(zip(starts, versions, strict=True))
            if not number or policy.zone != versions[number - 1][1].zone
        ]
        calendar = tuple(
            CalendarVersion(
                since, until, policy.zone, policy.issue_day, policy.issue_time, policy.collection.sweep_time
            )
            for since, until, (_, policy) in zip(starts, [*starts[1:], END], versions, strict=True)
        )
        zone = BillingZone(zones) if len(zones) > 1 else zones[0][1]
        return starts, [replace(policy, zone=zone, history=self) for _, policy in versions], calendar

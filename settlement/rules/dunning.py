"""What follows from a declined charge, and when: tries, reminders, suspension, release. Rule: R5.4.

Everything is counted from T, the instant of the first decline, in calendar days of the billing zone, at T's own local
time of day: a summer time in between moves nothing by an hour on people's clocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from settlement.model.policies.collection import CollectionPolicy
from settlement.model.policies.policy import Policy

NoticeKind = Literal["suspension_reminder", "suspended", "release_reminder", "releasable"]


class Notice(NamedTuple):
    """Something to announce at an instant; a reminder is about what takes effect later. Both UTC."""

    at: datetime
    kind: NoticeKind
    product_group: str
    takes_effect_at: datetime


def days_after(since: datetime, days: int, policy: Policy) -> datetime:
    """The same local time of day so many days later, UTC."""
    local = since.astimezone(policy.zone)
    return (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=policy.zone).astimezone(UTC)


def tries_between(since: datetime, after: datetime, until: datetime, policy: Policy) -> list[datetime]:
    """The scheduled tries in (after, until], oldest first. Rule: R5.4a."""
    tries = (days_after(since, days, policy) for days in policy.collection.retry_after_days)
    return sorted(instant for instant in tries if after < instant <= until)


def next_try_at(since: datetime, after: datetime, *, final: bool, policy: Policy) -> datetime | None:
    """The first scheduled try after an instant; None when there is none, as after a final decline."""
    if final:
        return None
    tries = (days_after(since, days, policy) for days in policy.collection.retry_after_days)
    return min((instant for instant in tries if instant > after), default=None)


def product_groups(products: Iterable[str], policy: CollectionPolicy) -> tuple[str, ...]:
    """The groups of the policy table that these products belong to, in the table's order; the last one for the rest."""
    met = {_group(product, policy) for product in products}
    known = [terms.product_group for terms in policy.dunning]
    return tuple(group for group in known if group in met) or tuple(known[-1:])


def _group(product: str, policy: CollectionPolicy) -> str:
    for terms in policy.dunning:
        if not terms.products or product.startswith(terms.products):
            return terms.product_group
    raise ValueError(f"no group holds {product}")


def notices(since: datetime, groups: Sequence[str], policy: Policy) -> list[Notice]:
    """Everything to announce about these groups, in order. Rule: R5.4b, R5.4c."""
    found = []
    for terms in policy.collection.dunning:
        if terms.product_group not in groups:
            continue
        steps: tuple[tuple[NoticeKind, NoticeKind, int], ...] = (
            ("suspended", "suspension_reminder", terms.suspend_after_days),
            ("releasable", "release_reminder", terms.release_after_days),
        )
        for kind, reminder, days in steps:
            effect = days_after(since, days, policy)
            found.append(Notice(effect, kind, terms.product_group, effect))
            for before in policy.collection.reminders_before_days:
                if before < days:
                    at = days_after(since, days - before, policy)
                    found.append(Notice(at, reminder, terms.product_group, effect))
    return sorted(found)


class DueNotices(NamedTuple):
    """What is to be announced now; up to when everything has been then (UTC); is a stage left that is due already."""

    notices: list[Notice]
    until: datetime
    is_left: bool


def notices_due(
    since: datetime,
    after: datetime,
    until: datetime,
    groups: Sequence[str],
    policy: Policy,
    *,
    with_effects: bool,
) -> DueNotices:
    """Of the notices in (after, until] what is announced at `until`, in order. Rule: R5.4j.

    Of suspensions and releases only the oldest stage, or none without `with_effects`. Of reminders of one group the
    latest about what takes effect first, none that comes after what it is about, and none while a stage is left.
    """
    late = [notice for notice in notices(since, groups, policy) if after < notice.at <= until]
    effects = [notice for notice in late if notice.at == notice.takes_effect_at]
    stages = sorted({notice.at for notice in effects})
    announced = [notice for notice in effects if with_effects and notice.at == stages[0]]
    left = stages[1:] if with_effects else stages
    reminders: dict[str, Notice] = {}
    for notice in late:
        if notice.at < notice.takes_effect_at and notice.takes_effect_at > until and not left:
            before = reminders.get(notice.product_group)
            if before is None or notice.takes_effect_at <= before.takes_effect_at:
                reminders[notice.product_group] = notice
    done = left[0] - timedelta(microseconds=1) if left else max(after, until)
    return DueNotices(sorted([*announced, *reminders.values()]), done, bool(left))


def suspended_at(
    since: datetime, announced_until: datetime, groups: Sequence[str], policy: Policy
) -> datetime | None:
    """The first suspension that was announced, UTC; None while there is none. Rule: R5.4k."""
    return min(
        (
            notice.at
            for notice in notices(since, groups, policy)
            if notice.kind == "suspended" and notice.at <= announced_until
        ),
        default=None,
    )


def next_due(
    since: datetime, after: datetime, groups: Sequence[str], *, final: bool, policy: Policy
) -> datetime | None:
    """The next instant at which something follows from the decline; None when all of it has."""
    instants = [notice.at for notice in notices(since, groups, policy) if notice.at > after]
    if (again := next_try_at(since, after, final=final, policy=policy)) is not None:
        instants.append(again)
    return min(instants, default=None)

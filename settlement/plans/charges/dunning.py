"""What follows from a declined charge as days pass: reminders, suspension, the next try. Rule: R5.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from settlement.model.announcements.facts import DunningFacts
from settlement.model.changes import Changes
from settlement.model.instants import instant_text
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.plans.charges.collection import collect_owed_try, collect_reached
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingCharges
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.rules.dunning import (
    Notice,
    days_after,
    next_due,
    notices_due,
    product_groups,
    suspended_at,
    tries_between,
)


def plan_follow_up(
    snapshot: Snapshot, *, products: Mapping[int, Sequence[str]], at: datetime, policy: Policy
) -> Changes:
    """Everything that is due for these accounts by `at` (UTC), once, however long nobody looked.

    `products` are those on each account's open bills; they decide which terms apply. Several tries that were missed are
    made up for by one. Accounts that did not decline are looked at for their threshold.
    """
    draft = Draft(snapshot, at=at, policy=policy)
    for account in draft.accounts.values():
        charges = account.charges
        if charges is None or account.parked:
            continue
        charges.values = charges.values._replace(due_at=None)
        if charges.values.declining_since is None:
            collect_reached(draft, account)
        else:
            groups = product_groups(products.get(account.id, ()), draft.policy.collection)
            _follow(draft, account, charges, charges.values.declining_since, groups)
    return finish(draft)


def _follow(
    draft: Draft, account: WorkingAccount, charges: WorkingCharges, since: datetime, groups: Sequence[str]
) -> None:
    """The try that is owed first, then what is to be announced, one stage at a time. Rule: R5.4i, R5.4j."""
    policy, at = draft.policy, draft.at
    done = charges.values.noticed_until or since
    final = charges.values.hard
    is_time = not final and bool(tries_between(since, _tried_until(draft, charges, done), at, policy))
    charges.values = charges.values._replace(retry_owed=charges.values.retry_owed or is_time)
    collect_owed_try(draft, account, correlation_id=f"account:{account.external_id}")
    on_hold_until = _on_hold_until(draft, charges)
    stage_at = charges.values.stage_at
    if stage_at is not None and at < (next_stage_at := days_after(stage_at, 1, policy)):
        on_hold_until = max(on_hold_until or next_stage_at, next_stage_at)
    due = notices_due(since, done, at, groups, policy, with_effects=on_hold_until is None)
    for notice in due.notices:
        _announce(draft, account, since, notice)
    done = due.until
    if any(notice.at == notice.takes_effect_at for notice in due.notices):
        stage_at = at
    due_at = next_due(since, max(done, at), groups, final=final, policy=policy)
    if due.is_left:
        again = on_hold_until or days_after(at, 1, policy)
        due_at = min(again, due_at or again)
    charges.values = charges.values._replace(
        noticed_until=done,
        due_at=due_at,
        suspended_at=suspended_at(since, done, groups, policy),
        stage_at=stage_at,
    )


def _tried_until(draft: Draft, charges: WorkingCharges, done: datetime) -> datetime:
    """Up to when no try is due any more: a try makes up for all that were scheduled until the end of its day."""
    day = charges.values.attempts_on
    if day is None:
        return done
    midnight = datetime.combine(day + timedelta(days=1), time(0), draft.policy.zone).astimezone(UTC)
    return max(done, min(midnight, draft.at))


def _on_hold_until(draft: Draft, charges: WorkingCharges) -> datetime | None:
    """Until when suspension and release wait for a try that is being made; None when they do not.

    One that waits to be sent is waited for as long as it takes, one that was sent for a day. Rule: R5.4i.
    """
    trying = charges.in_flight
    if trying is None or not (trying.attempt.reason == "retry" or charges.values.retry_owed):
        return None
    day_over = days_after(trying.attempt.sent_at or trying.attempt.created_at, 1, draft.policy)
    if trying.state == "waiting":
        return max(day_over, days_after(draft.at, 1, draft.policy))
    return day_over if draft.at < day_over else None


def _announce(draft: Draft, account: WorkingAccount, since: datetime, notice: Notice) -> None:
    facts = DunningFacts(
        account.external_id, notice.product_group, instant_text(notice.at),
        instant_text(notice.takes_effect_at), instant_text(since),
    )  # fmt: skip
    draft.announce(account, f"account.{notice.kind}", facts, f"account:{account.external_id}")

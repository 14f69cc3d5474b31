"""What follows from a declined charge as days pass: reminders, suspension, the next try. Rule: R5.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from settlement.model.announcements import DunningFacts
from settlement.model.changes import Changes
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.plans.charges.collection import collect_owed_try, collect_reached
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingCharges
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.rules.dunning import Notice, next_due, notices_between, product_groups, tries_between


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
            groups = product_groups(products.get(account.id, ()), policy.collection)
            _follow(draft, account, charges, charges.values.declining_since, groups)
    return finish(draft)


def _follow(
    draft: Draft, account: WorkingAccount, charges: WorkingCharges, since: datetime, groups: Sequence[str]
) -> None:
    policy, at = draft.policy, draft.at
    done = charges.values.noticed_until or since
    for notice in notices_between(since, done, at, groups, policy):
        _announce(draft, account, since, notice)
    hard = charges.values.hard
    is_time = not hard and bool(tries_between(since, done, at, policy))
    charges.values = charges.values._replace(
        noticed_until=max(done, at),
        due_at=next_due(since, max(done, at), groups, hard=hard, policy=policy),
        retry_owed=charges.values.retry_owed or is_time,
    )
    collect_owed_try(draft, account, correlation_id=f"account:{account.id}")


def _announce(draft: Draft, account: WorkingAccount, since: datetime, notice: Notice) -> None:
    facts = DunningFacts(
        account.external_id, notice.product_group, notice.at.isoformat(), notice.takes_effect_at.isoformat(),
        since.isoformat(),
    )  # fmt: skip
    draft.announce(account, f"account.{notice.kind}", facts, f"account:{account.id}")

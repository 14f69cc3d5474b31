"""Low available credit is announced again, day after day, for as long as the policy wants it. Rule: R1.5g."""

from __future__ import annotations

from datetime import datetime

from settlement.model.changes import Changes
from settlement.model.funds import CreditWatch
from settlement.model.policies.policy import Policy
from settlement.model.rows.credit import WatchValues
from settlement.model.snapshot import Snapshot
from settlement.plans.announcements.credit import announce_low_credit
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish


def plan_low_credit(snapshot: Snapshot, *, at: datetime, policy: Policy) -> Changes:
    """Says again, once a local day and as often as the policy allows, whose available credit is still too low."""
    draft = Draft(snapshot, at=at, policy=policy)
    for account in draft.accounts.values():
        watch = account.watch
        if watch is None or account.parked or watch.low_since is None:
            continue
        credit = account.available_credit(draft.policy)
        today = at.astimezone(draft.policy.zone).date()
        if (
            credit.minor < watch.line_minor
            and watch.said_on != today
            and watch.said < draft.policy.credit.low_credit_days
        ):
            announce_low_credit(draft, account, watch.line_minor, credit, said=watch.said + 1)
            draft.changes.credit.watches.append(
                WatchValues(account.id, watch.line_minor, watch.low_since, watch.said + 1, today)
            )
            account.watch = None
    return finish(draft)


def set_credit_line(draft: Draft, account: WorkingAccount, line_minor: int) -> None:
    """Watches available credit from now on, against this line; one below it already is announced at once."""
    watch = account.watch
    account.watch = CreditWatch(
        account.id,
        line_minor,
        watch.low_since if watch is not None else None,
        watch.said if watch is not None else 0,
        watch.said_on if watch is not None else None,
    )
    draft.changes.credit.watches.append(
        WatchValues(
            account.id, line_minor, account.watch.low_since, account.watch.said, account.watch.said_on
        )
    )


def end_credit_watch(draft: Draft, account: WorkingAccount) -> None:
    """Available credit is not watched any more."""
    if account.watch is not None:
        account.watch = None
        draft.changes.credit.watches.append(WatchValues(account.id, None, None, 0, None))

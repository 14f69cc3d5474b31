"""What is said about an account's credit at the end: it is low; nothing is overdue any more. Rule: R1.5, R6.2."""

from __future__ import annotations

from settlement.model.announcements.facts import OverdueEndedFacts
from settlement.model.funds import CreditWatch
from settlement.model.rows.credit import WatchValues
from settlement.plans.announcements.credit import announce_low_credit
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft


def finish_watch(draft: Draft, account: WorkingAccount, watch: CreditWatch) -> None:
    """After everything else: has available credit crossed its line? Rule: R1.5g."""
    credit = account.available_credit(draft.policy)
    is_low = credit.minor < watch.line_minor
    today = draft.at.astimezone(draft.policy.zone).date()
    if is_low and watch.low_since is None:
        announce_low_credit(draft, account, watch.line_minor, credit, said=1)
        draft.changes.credit.watches.append(WatchValues(account.id, watch.line_minor, draft.at, 1, today))
    elif not is_low and watch.low_since is not None:
        draft.changes.credit.watches.append(WatchValues(account.id, watch.line_minor, None, 0, None))


def finish_overdue(draft: Draft, account: WorkingAccount) -> None:
    """The last overdue bill is paid: said at once, and only then. Rule: R6.2c."""
    if any(bill.overdue and bill.state == "unsettled" for bill in account.bills):
        return
    facts = OverdueEndedFacts(account.external_id)
    draft.announce(account, "account.overdue_ended", facts, f"account:{account.external_id}")

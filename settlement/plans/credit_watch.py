"""What is told about an account's credit: it is low; nothing is overdue any more. Rule: R1.5, R6.2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from settlement.model.changes import Announcement
from settlement.model.changes_credit import WatchValues
from settlement.model.funds import CreditWatch
from settlement.model.money import decimal_text
from settlement.rules.credit import AvailableCredit

if TYPE_CHECKING:
    from settlement.plans.working import Draft, WorkingAccount


def finish_watch(draft: Draft, account: WorkingAccount, watch: CreditWatch) -> None:
    """After everything else: has available credit crossed its line? Rule: R1.5g."""
    credit = account.available_credit(draft.policy)
    is_low = credit.minor < watch.line_minor
    today = draft.at.astimezone(draft.policy.zone).date()
    if is_low and watch.low_since is None:
        announce_low_credit(draft, account, watch.line_minor, credit, said=1)
        draft.changes.watches.append(WatchValues(account.id, watch.line_minor, draft.at, 1, today))
    elif not is_low and watch.low_since is not None:
        draft.changes.watches.append(WatchValues(account.id, watch.line_minor, None, 0, None))


def set_line(draft: Draft, account: WorkingAccount, line_minor: int) -> None:
    """Watches available credit from now on, against this line; one below it already is told about at once."""
    watch = account.watch
    account.watch = CreditWatch(
        account.id,
        line_minor,
        watch.low_since if watch is not None else None,
        watch.said if watch is not None else 0,
        watch.said_on if watch is not None else None,
    )
    draft.changes.watches.append(
        WatchValues(
            account.id, line_minor, account.watch.low_since, account.watch.said, account.watch.said_on
        )
    )


def end_watch(draft: Draft, account: WorkingAccount) -> None:
    """Available credit is not watched any more."""
    if account.watch is not None:
        account.watch = None
        draft.changes.watches.append(WatchValues(account.id, None, None, 0, None))


def finish_overdue(draft: Draft, account: WorkingAccount) -> None:
    """The last overdue bill is paid: said at once, and only then. Rule: R6.2c."""
    if any(bill.overdue and bill.state == "unsettled" for bill in account.bills):
        return
    payload = json.dumps({"account": account.external_id})
    draft.changes.announcements.append(
        Announcement(account.id, "account.overdue_ended", payload, f"account:{account.id}")
    )


def announce_low_credit(
    draft: Draft, account: WorkingAccount, line_minor: int, credit: AvailableCredit, *, said: int
) -> None:
    """Available credit with its three terms, below its line, for the `said`-th time."""

    def amount(minor: int) -> str:
        return decimal_text(minor, account.currency)

    facts = {
        "account": account.external_id, "currency": account.currency, "line": amount(line_minor),
        "available_credit": amount(credit.minor), "cash": amount(credit.cash_minor),
        "credit_limit": amount(credit.credit_limit_minor), "frozen": amount(credit.frozen_minor), "said": said,
    }  # fmt: skip
    draft.changes.announcements.append(
        Announcement(account.id, "account.low_credit", json.dumps(facts), f"account:{account.id}")
    )

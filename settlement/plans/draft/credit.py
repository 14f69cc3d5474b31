"""What is told about an account's credit: it is low; nothing is overdue any more. Rule: R1.5, R6.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settlement.model.funds import CreditWatch
from settlement.model.rows.credit import WatchValues

if TYPE_CHECKING:
    from settlement.plans.draft.draft import Draft, WorkingAccount


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
    draft.changes.credit.watches.append(
        WatchValues(
            account.id, line_minor, account.watch.low_since, account.watch.said, account.watch.said_on
        )
    )


def end_watch(draft: Draft, account: WorkingAccount) -> None:
    """Available credit is not watched any more."""
    if account.watch is not None:
        account.watch = None
        draft.changes.credit.watches.append(WatchValues(account.id, None, None, 0, None))

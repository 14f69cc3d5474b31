"""Where collection from an account stands: what is not collected yet, and what became of the last tries. Rule: R5.*."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle


class CollectionStatus(NamedTuple):
    """One row for every account that has, or had, a payment method.

    `uncollected_minor`: fees of bills not issued yet, less what was collected for them or is being charged.
    `threshold_minor`: at how much of that the next charge starts; None while none may start by itself.
    `declining_since` is T, the first decline that nothing has made up for yet; `declined_cycle` the newest month it was
    about; `hard` says that repeating it is pointless; up to `noticed_until` everything that follows from T was done.
    `due_at` is when this account is looked at next. `attempts_that_day` counts threshold charges and retries of the
    local day `attempts_on`. `retry_owed`: the time of a try has come, and something has kept it from being made so far.
    `suspended_at`: since when it is suspended, by the terms of the product group that came first; `stage_at`: when its
    last suspension or release was announced.
    """

    account_id: AccountId
    last_attempt_no: int = 0
    uncollected_minor: int = 0
    threshold_minor: int | None = None
    declining_since: datetime | None = None
    declined_cycle: Cycle | None = None
    hard: bool = False
    noticed_until: datetime | None = None
    due_at: datetime | None = None
    attempts_on: date | None = None
    attempts_that_day: int = 0
    retry_owed: bool = False
    suspended_at: datetime | None = None
    stage_at: datetime | None = None

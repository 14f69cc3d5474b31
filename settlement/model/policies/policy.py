"""The values that rules depend on, handed in by whoever reads the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from settlement.model.policies.collection import CollectionPolicy
from settlement.model.policies.credit import CreditPolicy


@dataclass(frozen=True, slots=True)
class Policy:
    """How this deployment bills.

    `zone` is the billing time zone; `issue_day` and `issue_time` say when last month's bill is issued, local time.
    `partial_write_off`: may the last bill be paid in part. `freeze_accruing`: do accruing fees lower available credit.
    `collection`: how standard accounts are collected from. `credit`: how credit-control accounts are reminded.
    `payment_lease`: how long a manual payment holds automatic write-off at most. `records_since`: the first cycle whose
    bills have repayment records to show.
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

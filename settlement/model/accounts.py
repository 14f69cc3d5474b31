"""The account that pays, and the holds on it. Rule: R1.*, R4.2."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, NewType

AccountId = NewType("AccountId", int)


class Account(NamedTuple):
    """One funding account as it stood when it was loaded under lock. A tuple, like `Bill`: a set holds thousands.

    Amounts are minor units of `currency`. `frozen_minor` is what an operator froze; fees of the open cycle are
    counted from the bills. `parked_at` is set when the account's figures did not add up. Rule: R11.4.

    Of the cash, `transferred_in_minor` came from a main account and is not spent, of which the present main account may
    pull back `returnable_minor`; `held_minor` is set aside for a manual payment under way. Rule: R9.2, R8.2.
    `funds_since`: the date of the last inflow into any fund of the account; nothing pays earlier. Rule: R4.1d.
    """

    id: AccountId
    external_id: str
    currency: str
    cash_minor: int
    credit_limit_minor: int
    frozen_minor: int
    credit_control: bool
    auto_write_off_enabled: bool
    write_off_past_bills: bool
    parked_at: datetime | None
    transferred_in_minor: int = 0
    returnable_minor: int = 0
    held_minor: int = 0
    funds_since: datetime | None = None


class WriteOffHold(NamedTuple):
    """One reason for which automatic write-off waits. Holds are counted: two of them need two releases."""

    account_id: AccountId
    reason: str
    ref: str

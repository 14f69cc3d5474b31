"""The payment of a plain bill by a unified settlement, of which most have nothing else. Rule: R9.3.

A bill is plain if it is all that its account owes, nobody else is paying of it, and nothing else can follow from its
payment: then it comes to what any other comes to, by the same rules, without a scratch copy of the account, and in one
row, of which the database makes all others; a test holds the two against each other. Whatever else an account has makes
its bill none of these, a field that is added tomorrow included.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import NamedTuple

from settlement.model.accounts import Account, AccountId
from settlement.model.bills import Bill
from settlement.model.rows.plain import PlainPayment, PlainPayments
from settlement.model.snapshot import Position
from settlement.model.unified_settlements import UNIFIED_HOLD, UnifiedLine
from settlement.plans.announcements.bills import bill_announced
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.unified_settlements import WorkingUnifiedSettlement

# All else of an account has to be as it is of one that has nothing of it. Its own money is not asked for.
_ALL_ELSE = attrgetter(
    *(field.name for field in fields(Position) if field.name not in ("account", "bills", "holds"))
)
_NOTHING = _ALL_ELSE(Position(Account(AccountId(0), "", "", 0, 0, 0, False, True, False, None)))


class PlainBill(NamedTuple):
    """A bill that is plain, as it was loaded, and whose it is."""

    account: Account
    bill: Bill


class PlainRound:
    """The plain bills that one round of a settlement pays. In a plan one settlement has such a round."""

    def __init__(
        self,
        draft: Draft,
        main: WorkingAccount,
        working: WorkingUnifiedSettlement,
        cause: str,
        correlation_id: str,
    ) -> None:
        self._draft = draft
        self._main_id = main.id
        self._correlation_id = correlation_id
        self._is_another = bool(draft.changes.plain_payments.rows)
        self._payments = PlainPayments(working.settlement.id, main.id, main.currency, cause)

    def bill(self, line: UnifiedLine) -> PlainBill | None:
        """The bill of this line, if it is plain and the main account may pay it."""
        account_id, draft = line.account_id, self._draft
        position = draft.accounts.untouched(account_id)
        if position is None or self._is_another or account_id == self._main_id:
            return None
        account = position.account
        if (
            account.parked_at is not None
            or _ALL_ELSE(position) != _NOTHING
            or draft.spent_at(account) != draft.at
            or draft.relationships.main_of(account_id) != self._main_id
        ):
            return None
        owed = [bill for bill in position.bills if bill.state == "unsettled"]
        if len(owed) != 1 or owed[0].cycle != line.cycle or owed[0].overdue or owed[0].reserved_minor:
            return None
        return PlainBill(account, owed[0])

    def pay(self, owed: PlainBill, funds_minor: int) -> int:
        """Pays all that is left of it and returns how much, minor units, for the caller to take from the main account;
        zero, and nothing done, where the funds do not reach, or somebody has looked at the account meanwhile.
        """
        account, bill = owed
        draft, cycle, payable = self._draft, bill.cycle, bill.payable_minor or 0
        amount = payable - bill.paid_minor
        if amount > funds_minor or draft.accounts.untouched(account.id) is None:
            return 0
        draft.changes.plain_payments = self._payments
        self._payments.rows.append(PlainPayment(account.id, cycle, amount))
        draft.accounts.settle(account.id, cycle)
        draft.changes.announcements.append(
            bill_announced(account, cycle, payable, payable, "bill.settled", self._correlation_id)
        )
        return amount


def release_plain(draft: Draft, working: WorkingUnifiedSettlement) -> set[int]:
    """The settlement has ended: accounts whose plain bills it has paid just now are not held by it any more, and owe
    nothing. Returns their ids.
    """
    payments = draft.changes.plain_payments
    if payments.settlement_id != working.settlement.id:
        return set()
    payments.releases = True
    draft.accounts.release_settled(UNIFIED_HOLD, working.ref)
    return {row.account_id for row in payments.rows}

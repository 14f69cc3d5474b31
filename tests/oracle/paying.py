"""Paying bills out of an account's own funds, the naive way. Rule: R1.5, R4.*, R7.1."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from tests.oracle import cards
from tests.oracle.nouns import Account, Bill, Books, CreditRefund, Record, Source


def whole_cents(amount: Decimal) -> int:
    """Rounded down. Rule: R1.2c."""
    return int((amount * 100).to_integral_value(ROUND_FLOOR))


def would_be_billed(bill: Bill) -> int:
    """What a bill would come to if it were issued now. Rule: R1.5c."""
    return max(0, whole_cents(bill.accrued + bill.carried_in))


def kept_for(account: Account, cycle: int) -> int:
    """What charges brought in for a bill that is not issued yet. Rule: R5.2c."""
    return sum(part.kept for charge in account.charges for part in charge.parts if part.cycle == cycle)


def available_credit(account: Account) -> int:
    """Rule: R1.5a, c, d."""
    accruing = sum(max(0, would_be_billed(bill) - kept_for(account, bill.cycle)) for bill in account.accruing)
    frozen = account.frozen + account.set_aside + accruing
    return account.cash + account.limit - frozen


def spendable(account: Account) -> int:
    """Rule: R4.4c."""
    return max(0, account.cash - account.frozen - account.set_aside)


def gate_is_open(account: Account) -> bool:
    """Rule: R4.2."""
    charged_by_itself = account.card is not None and not account.credit_control
    has_credit = charged_by_itself or available_credit(account) > 0
    return account.switch and not account.holds and has_credit


def under_charge(account: Account, cycle: int) -> int:
    """What a charge under way may have paid of a month already; a manual one has reserved it. Rule: R5.2d."""
    charge = account.charge_under_way
    if charge is None or charge.reason == "manual":
        return 0
    return sum(part.amount for part in charge.parts if part.cycle == cycle)


def refunds_for(account: Account, bill: Bill) -> list[CreditRefund]:
    """Oldest first. Rule: R7.1, R7.2a."""
    past_too = account.credit_control and account.past_bills
    return [refund for refund in account.refunds if refund.left and (past_too or refund.cycle <= bill.cycle)]


def own_funds(account: Account, bill: Bill, amount: int, *, cash: int) -> list[Source]:
    """Credit refunds, then cash up to so much. Rule: R4.4b."""
    taken: list[Source] = []
    for refund in refunds_for(account, bill):
        part = min(amount, refund.left)
        if part:
            taken.append(("refund", str(account.refunds.index(refund)), part))
            amount -= part
    if part := min(amount, cash):
        taken.append(("cash", "", part))
    return taken


def came_in(account: Account, at: datetime) -> None:
    """Money of any kind. Rule: R4.1d."""
    account.funds_since = max(at, account.funds_since or at)


def spent_at(books: Books, account: Account) -> datetime:
    """Money pays no earlier than it came. Rule: R4.1d."""
    return max(books.now, account.funds_since or books.now)


def pay(
    books: Books,
    account: Account,
    bill: Bill,
    sources: list[Source],
    initiator: str,
    *,
    payer: Account | None = None,
) -> None:
    """A record, and every source has that much less. Cash received by transfer goes first. Rule: R9.2b, R10.1.

    `payer`: whose money it is, if not the account's own.
    """
    for source, which, amount in sources:
        if source == "cash":
            spend(account, amount)
        elif source == "refund":
            account.refunds[int(which)].left -= amount
    total = sum(amount for _, _, amount in sources)
    bill.paid += total
    assert bill.payable is not None
    assert total > 0
    assert bill.paid + bill.reserved <= bill.payable
    paid_at = spent_at(books, payer or account)
    bill.records.append(Record(initiator, total, sources, paid_at))
    bill.settled_at = None if bill.left else paid_at


def spend(account: Account, amount: int) -> None:
    """Out of the cash."""
    account.cash -= amount
    account.received = max(0, account.received - amount)
    account.returnable = min(account.returnable, account.received)
    assert account.cash >= 0


def write_off(books: Books, account: Account, initiator: str = "auto_write_off") -> None:
    """What is owed of payments that were taken back, then bills. Rule: R4.3, R5.9c."""
    for reversal in account.reversals:
        if cash := min(reversal.owed, spendable(account)):
            spend(account, cash)
            reversal.owed -= cash
    if not gate_is_open(account):
        return
    for bill in account.issued:
        asked = max(0, bill.left - bill.reserved - under_charge(account, bill.cycle))
        by_card = cards.card_money(account, bill, asked, books.now)
        sources = cards.as_sources(account, by_card)
        rest = asked - sum(amount for _, _, amount in sources)
        sources += own_funds(account, bill, rest, cash=spendable(account))
        if sum(amount for _, _, amount in sources) < asked and not books.partial:
            return
        if sources:
            cards.spend(bill, by_card)
            pay(books, account, bill, sources, initiator)

"""What a gateway takes back by itself: refunds made there, and disputes. The naive way. Rule: R5.9."""

from __future__ import annotations

from tests.oracle.collection import collect_next, not_taken, pay_from_part
from tests.oracle.nouns import Account, Books, Charge, Record, Reversal
from tests.oracle.paying import came_in, spend, spendable, write_off


def read(books: Books, account: Account, shown: Reversal, *, gone: int) -> None:
    """A refund or dispute of a charge is read at the gateway, where so much is gone because of it, and counts as it
    is there. Rule: R5.9a.
    """
    known = next((one for one in account.reversals if one.name == shown.name), None)
    was_open = known is not None and known.is_open
    if known is None:
        known = shown
        account.reversals.append(known)
    known.state = shown.state
    if known.is_open and not was_open:
        _stop_what_waits(books, account)
    more = gone - known.taken
    if more > 0:
        take_back(books, account, known, more)
    elif more < 0:
        bring_back(books, account, known, -more)
    has_ended = was_open and not known.is_open
    if more or has_ended:
        write_off(books, account)
    if has_ended and known.state != "lost":
        collect_next(books, account)


def _stop_what_waits(books: Books, account: Account) -> None:
    """A charge by itself that was not sent never will be. Rule: R5.9e."""
    charge = account.charge_under_way
    if charge is not None and charge.state == "waiting" and charge.reason != "manual":
        not_taken(books, account, charge)


def take_back(books: Books, account: Account, reversal: Reversal, amount: int) -> None:
    """What the charge keeps, the cash that it left, the bills that it paid, the newest first; the rest is owed.
    Rule: R5.9b, R5.9c.
    """
    charge, left = reversal.charge, amount
    left_as_cash = _left_as_cash(account, charge)
    for part in sorted(charge.parts, key=lambda part: -part.cycle):
        kept = min(left, part.kept)
        part.kept -= kept
        left -= kept
    if left:
        # It goes the way it came, through what the charge holds.
        came_in(account, books.now)
    if cash := min(left, left_as_cash, spendable(account)):
        spend(account, cash)
        left -= cash
    for cycle in sorted(account.bills, reverse=True):
        bill = account.bills[cycle]
        if again := min(left, paid_by(account, charge, cycle)):
            bill.paid -= again
            bill.settled_at = None
            source = ("external", str(charge.no), -again)
            bill.records.append(Record("reversal", -again, [source], books.now))
            left -= again
    reversal.taken += amount
    reversal.owed += left


def bring_back(books: Books, account: Account, reversal: Reversal, amount: int) -> None:
    """What is owed for it, the bills of the charge, the oldest first; the rest is kept for one to come, or is cash.
    Rule: R5.9d.
    """
    charge = reversal.charge
    reversal.taken -= amount
    owed = min(amount, reversal.owed)
    reversal.owed -= owed
    amount -= owed
    if amount:
        came_in(account, books.now)
    for part in sorted(charge.parts, key=lambda part: part.cycle):
        again = min(amount, max(0, part.amount - part.kept - paid_by(account, charge, part.cycle)))
        part.kept += again
        amount -= again
        bill = account.bills[part.cycle]
        if again and bill.payable is not None:
            pay_from_part(books, account, charge, part, bill, initiator="reversal")
    account.cash += amount


def paid_by(account: Account, charge: Charge, cycle: int) -> int:
    """What the charge has paid of a bill, and is not taken back of it."""
    return sum(
        amount
        for record in account.bills[cycle].records
        for source, which, amount in record.sources
        if (source, which) == ("external", str(charge.no))
    )


def _left_as_cash(account: Account, charge: Charge) -> int:
    """What it brought in, without what went back of it already, what it keeps, and what it paid of bills."""
    reversals = [one for one in account.reversals if one.charge is charge]
    went_back = sum(one.taken - one.owed for one in reversals)
    keeps = sum(part.kept for part in charge.parts)
    paid = sum(paid_by(account, charge, cycle) for cycle in account.bills)
    return max(0, sum(part.amount for part in charge.parts) - went_back - keeps - paid)

"""Charging a standard account's card, the naive way. Rule: R3.3, R5.*. Nothing here is ever declined but by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.oracle import cards, months
from tests.oracle.nouns import Account, Bill, Books, Charge, CreditRefund, Part, StoredCard
from tests.oracle.paying import (
    came_in,
    gate_is_open,
    kept_for,
    own_funds,
    pay,
    spendable,
    under_charge,
    would_be_billed,
    write_off,
)

THRESHOLD = 1000_00
CHARGES_A_DAY = 3
# For how long the gateway knows a charge by its key, and after how long its search surely shows it.
SURELY_NOTHING_AFTER = timedelta(hours=20, minutes=10)


def uncollected(account: Account) -> list[tuple[int, int]]:
    """By month: fees that are neither collected nor being charged. Rule: R5.2a."""
    found = []
    for bill in account.accruing:
        left = would_be_billed(bill) - kept_for(account, bill.cycle) - under_charge(account, bill.cycle)
        if left > 0:
            found.append((bill.cycle, left))
    return found


def start(books: Books, account: Account, reason: str, cycle: int, parts: list[tuple[int, int]]) -> Charge:
    """A charge that waits to be sent."""
    assert account.charge_under_way is None
    charge = Charge(
        len(account.charges) + 1, reason, cycle, [Part(month, amount) for month, amount in parts], books.now
    )
    account.charges.append(charge)
    return charge


def is_collected_from(account: Account) -> bool:
    """Rule: R1.3, R5.1, R5.9e."""
    is_standard = account.card is not None and not account.credit_control
    return is_standard and not account.is_disputed and account.charge_under_way is None


def collect_what_reached(books: Books, account: Account) -> bool:
    """Rule: R5.2a, R5.2b, R5.4f."""
    parts = uncollected(account)
    today = [
        charge
        for charge in account.charges
        if charge.reason in ("threshold", "retry")
        and months.day_of(charge.created) == months.day_of(books.now)
    ]
    if (
        not is_collected_from(account)
        or sum(amount for _, amount in parts) < THRESHOLD
        or len(today) >= CHARGES_A_DAY
    ):
        return False
    start(books, account, "threshold", parts[-1][0], parts)
    return True


def collect_what_is_owed(books: Books, account: Account, reason: str, sweep: int | None = None) -> None:
    """What issued bills still ask for; at the end of a month also what own funds will not pay of it. Rule: R3.3."""
    if not is_collected_from(account) or account.holds:
        return
    parts = [(bill.cycle, bill.left) for bill in account.issued if bill.left]
    if sweep is not None:
        parts += _uncovered(books, account, sweep)
    if parts:
        start(books, account, reason, sweep if sweep is not None else parts[-1][0], parts)


def _uncovered(books: Books, account: Account, sweep: int) -> list[tuple[int, int]]:
    """What own funds would not pay of bills up to this month, were they issued now. A look only: nothing is spent."""
    cash, spent, parts = spendable(account), 0, []
    funds: list[CreditRefund | StoredCard] = [*account.refunds, *account.cards]
    before = [fund.left for fund in funds]
    for bill in account.accruing:
        if bill.cycle > sweep:
            continue
        left = max(0, would_be_billed(bill) - kept_for(account, bill.cycle))
        if gate_is_open(account):
            for card, counted in cards.card_money(account, bill, left, books.now):
                card.left -= sum(counted.values())
                left -= sum(counted.values())
            for source, which, amount in own_funds(account, bill, left, cash=cash - spent):
                if source == "cash":
                    spent += amount
                else:
                    account.refunds[int(which)].left -= amount
                left -= amount
        if left:
            parts.append((bill.cycle, left))
    for fund, was in zip(funds, before, strict=True):
        fund.left = was
    return parts


def collect_next(books: Books, account: Account) -> None:
    """What follows whenever something has changed."""
    if not collect_what_reached(books, account):
        collect_what_is_owed(books, account, "issuance")


def resume(books: Books, account: Account, initiator: str = "auto_write_off") -> None:
    """After every inflow and every release. Rule: R4.1."""
    write_off(books, account, initiator)
    collect_next(books, account)


def sweep(books: Books, account: Account, cycle: int) -> None:
    """Rule: R3.3."""
    if uncollected(account):
        collect_what_is_owed(books, account, "sweep", cycle)


def pay_from_part(
    books: Books, account: Account, charge: Charge, part: Part, bill: Bill, *, initiator: str | None = None
) -> None:
    """A charge's money pays the bill that it was for; what the bill does not need is cash. Rule: R5.2c."""
    amount = min(part.kept, bill.left - bill.reserved)
    if amount > 0:
        pay(books, account, bill, [("external", str(charge.no), amount)], initiator or charge.reason)
        part.kept -= amount
    account.cash += part.kept
    part.kept = 0


def issue(books: Books, account: Account, cycle: int) -> None:
    """Rule: R1.2c, R2.2, R3.1, R4.1a."""
    bill = account.bills.get(cycle)
    if bill is None or bill.payable is not None:
        return
    total = bill.accrued + bill.carried_in
    bill.payable = would_be_billed(bill)
    bill.issued_at = books.now
    bill.settled_at = None if bill.payable else books.now
    if total < 0:
        later = max(months.month_after(cycle), months.month_of(books.now))
        while later in account.bills and account.bills[later].payable is not None:
            later = months.month_after(later)
        account.bills.setdefault(later, Bill(later)).carried_in += total
    for charge in account.charges:
        for part in charge.parts:
            if part.cycle == cycle and part.kept:
                pay_from_part(books, account, charge, part, bill)
    account.issuing = cycle
    write_off(books, account)
    account.issuing = None
    cards.lapse_with_bill(account, cycle, books.now)
    collect_what_is_owed(books, account, "issuance")


def taken(books: Books, account: Account, charge: Charge) -> None:
    """The gateway took all of it."""
    charge.state = "succeeded"
    came_in(account, books.now)
    for part in charge.parts:
        part.kept = part.amount
        bill = account.bills[part.cycle]
        if bill.payable is not None:
            pay_from_part(books, account, charge, part, bill)


def go_on(books: Books, account: Account, charge: Charge) -> None:
    """After a charge has ended, however: funds first, then the sweep that it stood in the way of. Rule: R3.3d."""
    write_off(books, account)
    if collect_what_reached(books, account):
        return
    missed = [bill.cycle for bill in account.accruing if _was_missed(charge, bill.cycle, books.now)]
    if missed:
        collect_what_is_owed(books, account, "sweep", max(missed))
    else:
        collect_what_is_owed(books, account, "issuance")


def _was_missed(charge: Charge, cycle: int, now: datetime) -> bool:
    return charge.created < months.swept_at(cycle) <= now


def not_taken(books: Books, account: Account, charge: Charge) -> None:
    """Surely never charged: what it was for is owed again. Rule: R5.5."""
    charge.state = "not_charged"
    if charge.reason == "threshold" or any(
        _was_missed(charge, bill.cycle, books.now) for bill in account.accruing
    ):
        go_on(books, account, charge)
    else:
        write_off(books, account)
        collect_what_is_owed(books, account, charge.reason, charge.cycle)

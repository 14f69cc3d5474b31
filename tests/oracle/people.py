"""What people do: relationships, transfers, payments by hand. The naive way. Rule: R8.*, R9.1, R9.2.

Every act returns the reasons for which it may be refused; when there is one, nothing has happened.
"""

from __future__ import annotations

from datetime import timedelta

from tests.oracle.collection import collect_next, go_on, resume, start, taken
from tests.oracle.nouns import Account, Bill, Books, Charge, Payment
from tests.oracle.paying import (
    available_credit,
    came_in,
    own_funds,
    pay,
    refunds_for,
    spendable,
    spent_at,
    under_charge,
    write_off,
)

LEASE = timedelta(minutes=30)


# ------------------------------------------------------------------------------------------------ relationships
def members(books: Books, main: Account) -> list[Account]:
    """Those that have agreed, and those that were asked."""
    return [account for account in books.accounts.values() if account.main == main.name]


def ask_member(books: Books, main: Account, member: Account) -> set[str]:
    """Rule: R9.1a."""
    why = set()
    if main is member:
        why.add("same_account")
    if member.main is not None:
        why.add("has_main_account")
    if main.main is not None:
        why.add("is_a_member")
    if members(books, member):
        why.add("is_a_main_account")
    if not why:
        member.main, member.is_valid_member = main.name, False
    return why


def accept_main(member: Account, main: Account) -> set[str]:
    """Rule: R9.1a."""
    if member.main != main.name:
        return {"no_relationship"}
    if member.is_valid_member:
        return {"already_valid"}
    member.is_valid_member = True
    return set()


def end_relationship(books: Books, one: Account, other: Account) -> set[str]:
    """What the main account was about to pay for the member is off its lists. Rule: R9.1, R9.3f."""
    if one.main == other.name:
        member, main = one, other
    elif other.main == one.name:
        member, main = other, one
    else:
        return {"no_relationship"}
    member.main, member.is_valid_member, member.returnable = None, False, 0
    released = False
    for settlement in books.settlements:
        if settlement.main == main.name and settlement.hold in member.holds:
            for line in settlement.open_lines:
                if line.account == member.name:
                    line.state = "dropped"
            member.holds.discard(settlement.hold)
            released = True
    if released:
        resume(books, member)
    return set()


def is_valid(member: Account, main: Account) -> bool:
    return member.is_valid_member and member.main == main.name


# ------------------------------------------------------------------------------------------------ transfers
def transfer(books: Books, main: Account, member: Account, amount: int) -> set[str]:
    """Rule: R9.2."""
    why = set()
    if main is member:
        why.add("same_account")
    if not is_valid(member, main):
        why.add("no_relationship")
    if amount > min(main.cash - main.received, spendable(main), available_credit(main)):
        why.add("insufficient_funds")
    if not why:
        main.cash -= amount
        member.cash += amount
        member.received += amount
        member.returnable += amount
        came_in(member, spent_at(books, main))
        resume(books, member, "transfer")
    return why


def pull_back(books: Books, main: Account, member: Account, amount: int) -> set[str]:
    """Rule: R9.2b."""
    why = set()
    if main is member:
        why.add("same_account")
    if not is_valid(member, main):
        why.add("no_relationship")
    if amount > min(member.returnable, spendable(member)):
        why.add("insufficient_funds")
    if not why:
        for field in ("cash", "received", "returnable"):
            setattr(member, field, getattr(member, field) - amount)
        main.cash += amount
        came_in(main, spent_at(books, member))
        resume(books, main)
    return why


# ------------------------------------------------------------------------------------------------ payments by hand
def request_payment(
    books: Books,
    account: Account,
    name: str,
    cycle: int,
    total: int | None,
    balance: int | None,
    channel: str | None,
) -> set[str]:
    """Rule: R8.1, R8.3, R8.4."""
    bill = account.bills.get(cycle)
    why = _refused_at_once(books, account, name, cycle)
    if bill is None or bill.payable is None or not bill.left:
        return why | {
            "bill_not_issued" if bill is not None and bill.payable is None else "unknown_bill",
            "bill_settled",
        }
    left = bill.left - under_charge(account, cycle)
    if left <= 0:
        return why | {"charge_in_flight"}
    if channel is None:
        channel = account.last_channel or account.card or "balance"
    elif channel not in ("balance", account.card):
        why.add("unknown_method")
    total = left if total is None else total
    if balance is None:
        balance = total if channel == "balance" else 0
    why |= _senseless(account, bill, total, balance, channel)
    if why:
        return why
    payment = Payment(
        name, cycle, total, balance, channel if balance < total else "balance", books.now + LEASE
    )
    account.payments[name] = payment
    account.last_channel = payment.channel
    if balance == total:
        payment.state = "completed"
        pay_from_balance(books, account, bill, balance, set_aside=0)
    else:
        _begin(books, account, bill, payment)
    return set()


def _senseless(account: Account, bill: Bill, total: int, balance: int, channel: str) -> set[str]:
    """Rule: R8.4."""
    why = set()
    if total > bill.left - under_charge(account, bill.cycle):
        why.add("over_payment")
    if balance > total:
        why.add("bad_amount")
    if balance < total and channel == "balance":
        why.add("no_channel")
    if balance > sum(refund.left for refund in refunds_for(account, bill)) + spendable(account):
        why.add("insufficient_funds")
    if balance < total and account.charge_under_way is not None:
        why.add("charge_in_flight")
    return why


def _refused_at_once(books: Books, account: Account, name: str, cycle: int) -> set[str]:
    why = set()
    if name in account.payments:
        why.add("payment_exists")
    if account.running_payment is not None:
        why.add("payment_in_progress")
    if books.listed_in(account.name, cycle) is not None:
        why.add("in_unified_settlement")
    return why


def _begin(books: Books, account: Account, bill: Bill, payment: Payment) -> None:
    """Rule: R8.2."""
    rest = payment.total - payment.from_balance
    payment.charge = start(books, account, "manual", bill.cycle, [(bill.cycle, rest)])
    refunds = sum(refund.left for refund in refunds_for(account, bill))
    account.set_aside = max(0, payment.from_balance - refunds)
    bill.reserved = payment.total
    account.holds.add(("manual_payment", payment.name))


def pay_from_balance(books: Books, account: Account, bill: Bill, amount: int, *, set_aside: int) -> None:
    """What was set aside for it is there for it, whatever else is frozen since. Rule: R7.2b, R8.1a."""
    sources = own_funds(account, bill, min(amount, bill.left), cash=max(spendable(account), set_aside))
    if sources:
        pay(books, account, bill, sources, "manual")


def end(account: Account, payment: Payment, state: str) -> None:
    """Nothing is held back any more. Rule: R8.2."""
    payment.state = state
    account.set_aside = 0
    account.bills[payment.cycle].reserved = 0
    account.holds.discard(("manual_payment", payment.name))


def cancel_payment(books: Books, account: Account, name: str) -> set[str]:
    """Rule: R8.2."""
    payment = account.running_payment
    if payment is None or payment.name != name or payment.charge is None:
        return {"not_in_progress"}
    if payment.charge.state in ("sent", "unknown"):
        return {"at_the_gateway"}
    give_up(books, account, payment, "cancelled")
    return set()


def expire(books: Books, account: Account) -> None:
    """Rule: R8.2."""
    payment = account.running_payment
    if payment is not None and payment.until <= books.now:
        give_up(books, account, payment, "expired")


def give_up(books: Books, account: Account, payment: Payment, state: str) -> None:
    """A charge that was not sent never will be, and has ended with this; one that was is asked about until it has."""
    charge = payment.charge
    end(account, payment, state)
    if charge is not None and charge.state == "waiting":
        charge.state = "not_charged"
        go_on(books, account, charge)
    else:
        write_off(books, account)
        collect_next(books, account)


# ------------------------------------------------------------------------------------------------ answers
def answered(books: Books, account: Account, charge: Charge, answer: str) -> None:
    """`taken`, `declined`, `nothing` (surely not there) or `unknown`."""
    payment = next((one for one in account.payments.values() if one.charge is charge), None)
    runs = payment is not None and payment.state == "running"
    if answer == "unknown":
        charge.state = "unknown"
        return
    if answer == "taken":
        balance = set_aside = 0
        if payment is not None and runs:
            balance, set_aside = payment.from_balance, account.set_aside
            end(account, payment, "completed")
        taken(books, account, charge)
        if balance:
            pay_from_balance(books, account, account.bills[charge.cycle], balance, set_aside=set_aside)
        go_on(books, account, charge)
        return
    charge.state = "declined" if answer == "declined" else "not_charged"
    if payment is not None and runs:
        end(account, payment, "failed")
    go_on(books, account, charge)

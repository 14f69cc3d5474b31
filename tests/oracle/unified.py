"""Unified settlement, the naive way. Rule: R9.3."""

from __future__ import annotations

from collections.abc import Sequence

from tests.oracle.collection import resume
from tests.oracle.nouns import Account, Books, Line, Settlement
from tests.oracle.paying import available_credit, pay, spendable, under_charge
from tests.oracle.people import is_valid


def bills_of(
    books: Books, main: Account, accounts: Sequence[str], cycles: Sequence[int], own: Settlement | None
) -> tuple[list[tuple[str, int]], set[str]]:
    """The unsettled bills of accounts times months, and why they may not be listed. Rule: R9.3a, R9.3g."""
    found, why = [], set()
    for name in accounts:
        account = books.accounts[name]
        if account is not main and not is_valid(account, main):
            why.add("no_relationship")
        for cycle in cycles:
            bill = account.bills.get(cycle)
            if bill is None or not bill.left:
                continue
            if books.listed_in(name, cycle) not in (None, own):
                why.add("in_other_settlement")
            found.append((name, cycle))
    if not found:
        why.add("nothing_to_settle")
    return found, why


def create(
    books: Books, main: Account, name: str, accounts: Sequence[str], cycles: Sequence[int]
) -> set[str]:
    """Rule: R9.3a, R9.3f."""
    found, why = bills_of(books, main, accounts, cycles, None)
    if books.settlement(main.name, name) is not None:
        why.add("settlement_exists")
    if not why:
        settlement = Settlement(main.name, name)
        books.settlements.append(settlement)
        put(books, settlement, found)
    return why


def known(books: Books, main: Account, name: str) -> tuple[Settlement | None, set[str]]:
    """It, or why nothing can be done with it. Rule: R9.3e."""
    settlement = books.settlement(main.name, name)
    if settlement is None:
        return None, {"unknown_settlement"}
    return (None, {"settlement_over"}) if settlement.is_deleted else (settlement, set())


def edit(
    books: Books,
    main: Account,
    name: str,
    *,
    accounts: Sequence[str] = (),
    cycles: Sequence[int] = (),
    bills: Sequence[tuple[str, int]] = (),
) -> set[str]:
    """A new list, or some of the old one in another order. Who is not on it any more is let go. Rule: R9.3e."""
    settlement, gone = known(books, main, name)
    if settlement is None:
        return gone
    why = set() if settlement.state == "draft" else {"settlement_running"}
    before = [(line.account, line.cycle) for line in settlement.open_lines]
    if bills:
        wanted = list(bills)
        if not set(wanted) <= set(before):
            why.add("not_listed")
    else:
        wanted, more = bills_of(books, main, accounts, cycles, settlement)
        why |= more
    if why:
        return why
    for key in before:
        if key not in wanted:
            settlement.lines[key].state = "dropped"
    put(books, settlement, wanted)
    for account in sorted({account for account, _ in before} - {account for account, _ in wanted}):
        let_go(books, settlement, account)
    return set()


def put(books: Books, settlement: Settlement, wanted: list[tuple[str, int]]) -> None:
    settlement.order = wanted
    for account, cycle in wanted:
        line = settlement.lines.get((account, cycle))
        if line is None or line.state != "open":
            settlement.lines[account, cycle] = Line(account, cycle, books.accounts[account].bills[cycle].left)
        books.accounts[account].holds.add(settlement.hold)


def let_go(books: Books, settlement: Settlement, account: str) -> None:
    """Rule: R9.3f."""
    books.accounts[account].holds.discard(settlement.hold)
    resume(books, books.accounts[account])


def run(books: Books, main: Account, name: str) -> set[str]:
    """Rule: R9.3d."""
    settlement, gone = known(books, main, name)
    if settlement is None:
        return gone
    if settlement.state != "draft":
        return {"settlement_running"}
    if not settlement.open_lines:
        return {"nothing_to_settle"}
    settlement.state = "running"
    go_on(books, settlement)
    return set()


def close(books: Books, main: Account, name: str) -> set[str]:
    """Rule: R9.3e, R9.3f."""
    settlement, gone = known(books, main, name)
    if settlement is None:
        return gone
    if settlement.is_over:
        return {"settlement_over"}
    if settlement.state == "running":
        end_paid(books, settlement)
        if not settlement.open_lines:
            complete(books, settlement)
            return set()
    settlement.state = "closed"
    held = [name for name in books.accounts if settlement.hold in books.accounts[name].holds]
    for line in settlement.open_lines:
        line.state = "dropped"
    for account in held:
        let_go(books, settlement, account)
    return set()


def delete(books: Books, main: Account, name: str) -> set[str]:
    """Rule: R9.3e."""
    settlement, gone = known(books, main, name)
    if settlement is None:
        return gone
    if settlement.state == "running":
        return {"settlement_running"}
    if not settlement.is_over:
        close(books, main, name)
    settlement.is_deleted = True
    return set()


def reach(main: Account, account: Account) -> int:
    """What it may pay of a bill of this account: what it received itself pays for nobody else. Rule: R9.2b, R9.3c."""
    funds = min(spendable(main), available_credit(main))
    return max(0, funds if account is main else min(funds, main.cash - main.received))


def end_paid(books: Books, settlement: Settlement) -> None:
    """What others have paid is done with. Rule: R9.3h."""
    for line in settlement.open_lines:
        if not books.accounts[line.account].bills[line.cycle].left:
            line.state = "paid"


def go_on(books: Books, settlement: Settlement) -> None:
    """As far as the main account's money reaches, in order; then it waits, or is done with. Rule: R9.3b, c, d."""
    main = books.accounts[settlement.main]
    end_paid(books, settlement)
    for line in settlement.open_lines:
        account = books.accounts[line.account]
        bill = account.bills[line.cycle]
        if account is not main and not is_valid(account, main):
            continue
        asked = max(0, bill.left - bill.reserved - under_charge(account, bill.cycle))
        amount = min(asked, reach(main, account))
        if amount < asked and not (amount and books.partial):
            break
        if not amount:
            continue
        if account is main:
            pay(books, main, bill, [("cash", "", amount)], "unified_settlement")
        else:
            # What it received itself is not sent on, so none of it is spent here.
            main.cash -= amount
            pay(books, account, bill, [("main_account", main.name, amount)], "unified_settlement", payer=main)
        line.paid += amount
        if not bill.left:
            line.state = "paid"
    if not settlement.open_lines:
        complete(books, settlement)


def complete(books: Books, settlement: Settlement) -> None:
    """Rule: R9.3f."""
    settlement.state = "completed"
    for name in books.accounts:
        if settlement.hold in books.accounts[name].holds:
            let_go(books, settlement, name)

"""Pays the lines of a running unified settlement from its main account's funds, and lets go of what it held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from settlement.errors import Busy
from settlement.model.unified_settlements import UNIFIED_HOLD
from settlement.plans.announcements.unified_settlements import announce_unified, correlation_of
from settlement.plans.charges.inflow import resume
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.unified_settlements import WorkingUnifiedLine, WorkingUnifiedSettlement
from settlement.plans.payments.plain import PlainBill, PlainRound, release_plain
from settlement.plans.write_off.own_bills import own_bills_minor
from settlement.plans.write_off.write_off import outstanding_minor, pay
from settlement.rules.transfers import transferable_minor
from settlement.rules.waterfall import Fund


def funds_minor(draft: Draft, main: WorkingAccount) -> int:
    """What the main account can pay for others now: as much as it may send. Minor units. Rule: R9.2a, R9.3c."""
    available = main.available_credit(draft.policy)
    return transferable_minor(main.transferred_in_minor, main.spendable_minor, available)


def own_funds_minor(draft: Draft, main: WorkingAccount) -> int:
    """What it can pay for itself, also with money that came by transfer. Minor units."""
    return max(0, min(main.spendable_minor, main.available_credit(draft.policy).minor))


def missing_minor(
    draft: Draft, main: WorkingAccount, owed_minor: int, *, before_minor: int, listed_minor: int
) -> int:
    """The top-up of the main account after which a settlement that asks for `owed_minor` is paid; so it is after every
    larger one. Minor units; `before_minor` is what running settlements ask for that are served before it,
    `listed_minor` the part of `owed_minor` that is for bills of the main account itself.

    A top-up pays the main account's own bills first, if its automatic write-off is open then. Rule: R4.1b, R9.3i.
    """
    if not owed_minor or owed_minor <= _reach_minor(draft, main, listed_minor):
        return 0
    unlisted = own_bills_minor(draft, main)
    reach = _reach_minor(draft, main, listed_minor + unlisted)
    return max(0, owed_minor + before_minor + unlisted - reach)


def _reach_minor(draft: Draft, main: WorkingAccount, for_itself_minor: int) -> int:
    """How much it could pay now of others' bills and, among it, of its own; below zero where it has to be filled up.

    Its own bills take what came by transfer before all else; what is left of that pays no bill of others.
    """
    set_aside = max(main.frozen_minor + main.held_minor, main.transferred_in_minor - for_itself_minor)
    return min(main.cash_minor - set_aside, main.available_credit(draft.policy).minor)


class _Round(NamedTuple):
    """What the payments of one round of a settlement share."""

    draft: Draft
    main: WorkingAccount
    cause: str
    correlation_id: str


def pay_lines(draft: Draft, main: WorkingAccount, working: WorkingUnifiedSettlement) -> None:
    """In order, as far as the money reaches; the last bill in part where that is allowed. Repeating it is harmless.

    A bill that somebody else is paying just now, or whose account is parked, is passed over and looked at again the
    next time.
    """
    # Thousands of bills are paid by these names; each is written out once.
    cause = f"unified:{working.ref}:{working.rounds + 1}"
    this_round = _Round(draft, main, cause, correlation_of(main, working))
    plain = PlainRound(draft, main, working, cause, this_round.correlation_id)
    paid_for_others, for_others = 0, funds_minor(draft, main)
    for line, owed in _owing(draft, working, plain):
        if isinstance(owed, PlainBill):
            if paid := plain.pay(owed, for_others):
                line.pay_plain(paid)
                main.cash_minor -= paid
                for_others -= paid
                paid_for_others += paid
                continue
            account, bill = _as_any_other(draft, line)
        else:
            account, bill = owed
        if not _may_pay(draft, main, account):
            continue
        payable = _payable(account, bill)
        funds = own_funds_minor(draft, main) if account is main else for_others
        amount = min(payable, funds)
        if amount < payable and not (amount and draft.policy.partial_write_off):
            break
        if not amount:
            continue
        _pay(this_round, account, bill, line, amount)
        if account is main:
            for_others = funds_minor(draft, main)
        else:
            # Every bound of what may be sent is as much lower now, and none is below zero.
            for_others -= amount
            paid_for_others += amount
    if paid_for_others:
        # What came by transfer stays: it is not sent on. Rule: R9.2b.
        main.touched = True
        draft.transfer(main, ("cash", 0), ("transfer_clearing", main.id), paid_for_others, cause)
    if paid_for_others or any(line.is_touched for line in working.lines):
        working.rounds += 1
        working.is_touched = True
    _conclude(draft, main, working)


_Owed = PlainBill | tuple[WorkingAccount, WorkingBill]


def _owing(
    draft: Draft, working: WorkingUnifiedSettlement, plain: PlainRound | None = None
) -> list[tuple[WorkingUnifiedLine, _Owed]]:
    """What is still owed, in order. Bills that others have paid are done with, wherever they are on the list."""
    owing: list[tuple[WorkingUnifiedLine, _Owed]] = []
    for line in working.open_lines:
        if plain is not None and (found := plain.bill(line.line)) is not None:
            owing.append((line, found))
            continue
        account = draft.accounts.get(line.line.account_id)
        if account is None:
            raise Busy("the settlement's list changed while it was read; it is taken up again")
        bill = account.bill(line.line.cycle)
        if bill is None or not outstanding_minor(bill):
            line.end("paid")
        else:
            owing.append((line, (account, bill)))
    return owing


def _as_any_other(draft: Draft, line: WorkingUnifiedLine) -> tuple[WorkingAccount, WorkingBill]:
    """A bill that was plain as any other, since it is not paid whole, or its account was looked at meanwhile."""
    account = draft.accounts[line.line.account_id]
    return account, account.open_bill(line.line.cycle)


def _payable(account: WorkingAccount, bill: WorkingBill) -> int:
    """What nobody else is paying of it."""
    in_flight = 0 if account.charges is None else account.charges.reserved_minor(bill.cycle)
    return max(0, outstanding_minor(bill) - bill.reserved_minor - in_flight)


def _may_pay(draft: Draft, main: WorkingAccount, account: WorkingAccount) -> bool:
    return not account.parked and (account is main or draft.relationships.main_of(account.id) == main.id)


def _pay(
    this_round: _Round,
    account: WorkingAccount,
    bill: WorkingBill,
    line: WorkingUnifiedLine,
    amount_minor: int,
) -> None:
    draft, main, cause, correlation_id = this_round
    if account is main:
        fund = Fund("cash", 0, amount_minor)
    else:
        # One entry for all of them takes it from the main account's cash, after the last.
        main.cash_minor -= amount_minor
        fund = Fund("main_account", main.id, amount_minor)
    pay(
        draft, account, bill, [fund],
        cause=cause, correlation_id=correlation_id, initiator="unified_settlement",
    )  # fmt: skip
    line.paid_minor += amount_minor
    line.is_touched = True
    if not outstanding_minor(bill):
        line.end("paid")


def _conclude(draft: Draft, main: WorkingAccount, working: WorkingUnifiedSettlement) -> None:
    if working.open_lines:
        listed = own_listed_minor(draft, main, working.settlement.id)
        missing = missing_minor(
            draft, main, _owed_minor(draft, working),
            before_minor=_before_minor(draft, working), listed_minor=listed,
        )  # fmt: skip
        if working.is_touched and missing:
            announce_unified(draft, main, working, "waiting", missing)
        return
    ids = dict.fromkeys(line.line.account_id for line in working.lines if line.state == "paid")
    if any(account_id not in draft.accounts for account_id in ids):
        # Those whose bills were paid before are not here. The next look, which finds nothing open, brings them along.
        return
    complete(draft, main, working)


def end_paid_lines(draft: Draft, working: WorkingUnifiedSettlement) -> None:
    """Open lines whose bills nobody owes any more, whoever has paid them, are paid."""
    _owing(draft, working)


def complete(draft: Draft, main: WorkingAccount, working: WorkingUnifiedSettlement) -> None:
    """Ends a settlement of which everything is paid; every account of its list has to be here. Rule: R9.3d."""
    ids = dict.fromkeys(line.line.account_id for line in working.lines if line.state == "paid")
    working.state = "completed"
    working.is_touched = True
    announce_unified(draft, main, working, "completed")
    plain = release_plain(draft, working)
    release(
        draft, working, [draft.accounts[account_id] for account_id in ids if account_id not in plain],
        cause=f"unified:{working.ref}:completed",
    )  # fmt: skip


def _owed_minor(draft: Draft, working: WorkingUnifiedSettlement) -> int:
    owed = 0
    for line in working.open_lines:
        account = draft.accounts.get(line.line.account_id)
        bill = None if account is None else account.bill(line.line.cycle)
        owed += 0 if bill is None else outstanding_minor(bill)
    return owed


def own_listed_minor(draft: Draft, main: WorkingAccount, settlement_id: int) -> int:
    """What open lines of this settlement ask for bills of the main account itself. Minor units."""
    cycles = {
        line.line.cycle
        for line in draft.unified_settlements.lines_of[main.id]
        if line.state == "open" and line.line.settlement_id == settlement_id
    }
    return sum(outstanding_minor(bill) for bill in main.bills if bill.cycle in cycles)


def _before_minor(draft: Draft, working: WorkingUnifiedSettlement) -> int:
    """What settlements of the same main account ask for that run and are served before this one: the older ones."""
    main_id, number = working.settlement.main_id, working.settlement.id
    known = draft.unified_settlements.by_name.values()
    return sum(
        _owed_minor(draft, other)
        for other in known
        if other.settlement.main_id == main_id and other.settlement.id < number and other.state == "running"
    ) + sum(
        other.owed_minor
        for other in draft.unified_settlements.others_running
        if other.main_id == main_id and other.settlement_id < number
    )


def release(
    draft: Draft, working: WorkingUnifiedSettlement, accounts: Iterable[WorkingAccount], *, cause: str
) -> None:
    """Automatic write-off of these accounts is theirs again, and runs at once. Rule: R9.3f, R4.1.

    An account may leave the list of a draft more than once, so `cause` is that of the act that lets it go. One that
    is not held any more, because its relationship has ended, is left alone.
    """
    correlation = correlation_of(draft.accounts[working.settlement.main_id], working)
    ref = working.ref
    for account in accounts:
        if draft.release(account, UNIFIED_HOLD, ref):
            resume(draft, account, cause=cause, correlation_id=correlation)

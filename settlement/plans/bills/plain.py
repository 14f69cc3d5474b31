"""The month close of an account with cash and bills that accrue, and no other funds, as most have. Rule: R3.1, R4.1.

It comes to what `close_bill` comes to, by the same rules, without a scratch copy of the account, and in one row, of
which the database makes all others; a test holds the two against each other. Whatever else an account has makes it none
of these, a field that is added tomorrow included.
"""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from operator import attrgetter

from settlement.model.accounts import Account, AccountId
from settlement.model.bills import Bill
from settlement.model.cycle import Cycle
from settlement.model.money import EXACT
from settlement.model.rows.plain import PlainClose, PlainCloses
from settlement.model.skip import Skip, SkipReason
from settlement.model.snapshot import Position
from settlement.plans.announcements.bills import bill_announced
from settlement.plans.draft.draft import Draft
from settlement.rules.credit import AvailableCredit, accruing_minor, spendable_cash
from settlement.rules.gate import gate_reasons, needs_available_credit
from settlement.rules.issuance import issued_figures

# What the close of a plain account reads. All else has to be as it is of an account that has nothing of it.
_READ = ("account", "bills", "holds")
_READ_OF_ACCOUNT = (
    "id", "external_id", "currency", "cash_minor", "credit_limit_minor", "frozen_minor", "credit_control",
    "auto_write_off_enabled", "write_off_past_bills", "funds_since",
)  # fmt: skip
_ALL_ELSE = attrgetter(*(field.name for field in fields(Position) if field.name not in _READ))
_ALL_ELSE_OF_ACCOUNT = attrgetter(*(name for name in Account._fields if name not in _READ_OF_ACCOUNT))
_NEW = Account(AccountId(0), "", "", 0, 0, 0, False, True, False, None)
_NOTHING, _NOTHING_OF_ACCOUNT = _ALL_ELSE(Position(_NEW)), _ALL_ELSE_OF_ACCOUNT(_NEW)
# A bill from `payable_minor` on, while it accrues.
_ACCRUING = Bill(AccountId(0), Cycle(0), "accruing", Decimal(0), Decimal(0), None, 0)[5:]


def plain_bill(position: Position, cycle: Cycle) -> Bill | None:
    """The bill of the cycle, which is to be issued, of a plain account; None where the account is another, or has none.

    None of its bills is issued, and none would carry credit out.
    """
    found = None
    for bill in position.bills:
        accrued = EXACT.add(bill.accrued, bill.carried_in) if bill.carried_in else bill.accrued
        if bill[5:] != _ACCRUING or accrued < 0:
            return None
        if bill.cycle == cycle:
            found = bill
    if _ALL_ELSE(position) != _NOTHING or _ALL_ELSE_OF_ACCOUNT(position.account) != _NOTHING_OF_ACCOUNT:
        return None
    return found


def close_plain(
    draft: Draft, position: Position, bill: Bill, closes: PlainCloses, *, correlation_id: str
) -> None:
    """Issues the bill and writes off at once from cash, as far as the gate and the cash allow."""
    account, announcements = position.account, draft.changes.announcements
    payable, dropped, _ = issued_figures(bill.accrued, bill.carried_in, account.currency)
    announcements.append(bill_announced(account, bill.cycle, payable, 0, "bill.issued", correlation_id))
    paid = _paid(draft, position, bill.cycle, payable) if payable else 0
    if paid or not payable:
        topic = "bill.settled" if paid == payable else "bill.paid_in_part"
        announcements.append(bill_announced(account, bill.cycle, payable, paid, topic, correlation_id))
    paid_at = draft.spent_at(account) if paid else draft.at
    closes.rows.append(
        PlainClose(account.id, account.currency, payable, dropped, paid, account.cash_minor - paid, paid_at)
    )


def _paid(draft: Draft, position: Position, cycle: Cycle, payable: int) -> int:
    """What cash pays of the bill, with the reason where it pays not all of it."""
    account, skips = position.account, draft.changes.skips
    if shut := gate_reasons(
        parked=False,
        switch_on=account.auto_write_off_enabled,
        on_hold=bool(position.holds),
        available=_available_credit(draft, position, cycle),
        needs_credit=needs_available_credit(credit_control=account.credit_control, default_method=None),
    ):
        skips.append(Skip(account.id, shut[0]))
        return 0
    paid = min(payable, spendable_cash(account.cash_minor, account.frozen_minor))
    if paid < payable:
        if not draft.policy.partial_write_off:
            skips.append(Skip(account.id, SkipReason.PARTIAL_NOT_ALLOWED))
            return 0
        skips.append(Skip(account.id, SkipReason.NO_FUNDS))
    return paid


def _available_credit(draft: Draft, position: Position, issued: Cycle) -> AvailableCredit:
    account, frozen = position.account, position.account.frozen_minor
    if draft.policy.freeze_accruing:
        for bill in position.bills:
            if bill.cycle != issued:
                frozen += accruing_minor(bill.accrued, bill.carried_in, account.currency)
    return AvailableCredit(account.cash_minor, account.credit_limit_minor, frozen)

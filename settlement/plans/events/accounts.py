"""Accounts: opened, given new values."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.accounts import Account, AccountId
from settlement.model.commands.accounts import AccountChanged, AccountOpened
from settlement.model.commands.revisions import check_revision
from settlement.model.payments import PAYMENT_HOLD
from settlement.model.rows.accounts import NewAccount
from settlement.model.snapshot import Position
from settlement.model.unified_settlements import UNIFIED_HOLD
from settlement.plans.bills.low_credit import end_credit_watch, set_credit_line
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.events.batch import Batch, handle


@handle.register
def open_account(command: AccountOpened, batch: Batch) -> None:
    """A new account, with the cash it brings along."""
    head, draft = command.head, batch.draft
    if draft.accounts.named(head.account) is not None:
        raise Refused("account_exists", f"account {head.account} is open already")
    opened = Account(
        id=AccountId(head.inbox_id), external_id=head.account, currency=command.currency, cash_minor=0,
        credit_limit_minor=command.credit_limit_minor, frozen_minor=0, credit_control=command.credit_control,
        auto_write_off_enabled=command.auto_write_off_enabled, write_off_past_bills=command.write_off_past_bills,
        parked_at=None,
    )  # fmt: skip
    account = WorkingAccount(Position(opened))
    account.touched = True
    draft.accounts.add(account)
    draft.changes.accounts.new.append(
        NewAccount(opened.id, head.account, command.name, command.currency, draft.at)
    )
    if command.opening_cash_minor:
        account.cash_minor = command.opening_cash_minor
        draft.transfer(account, ("opening", 0), ("cash", 0), command.opening_cash_minor, head.cause)


@handle.register
def change_account(command: AccountChanged, batch: Batch) -> None:
    """New values; None leaves a value as it is."""
    draft = batch.draft
    account = batch.account(command.head.account, command.currency)
    check_revision(command.if_revision, account.revision, f"account {account.external_id}")
    for hold in (command.hold, command.release):
        if hold is not None and hold[0] in (PAYMENT_HOLD, UNIFIED_HOLD):
            raise Refused(
                "reserved_hold", f"holds {hold[0]!r} end with the payment or settlement that set them"
            )
    for name in (
        "auto_write_off_enabled", "write_off_past_bills", "credit_control", "credit_limit_minor", "frozen_minor",
    ):  # fmt: skip
        if (value := getattr(command, name)) is not None:
            setattr(account, name, value)
            account.touched = True
    if command.low_credit_minor is not None:
        set_credit_line(draft, account, command.low_credit_minor)
    if command.ends_credit_watch:
        end_credit_watch(draft, account)
    if command.hold is not None:
        draft.hold(account, *command.hold)
    if command.release is not None:
        draft.release(account, *command.release)
    batch.write_off(account, command.head)

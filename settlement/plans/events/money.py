"""Money that comes, moves between accounts and goes back. Rule: R4.1, R7.3, R9.2."""

from __future__ import annotations

from settlement.model.commands.money import PulledBack, Refund, TopUp, Transfer
from settlement.model.cycle import cycle_of
from settlement.model.funds import CreditRefund
from settlement.plans.charges.refunds import give_back
from settlement.plans.draft.funds import WorkingFund
from settlement.plans.events.batch import Batch, handle
from settlement.plans.payments import transfers


@handle.register
def top_up(command: TopUp, batch: Batch) -> None:
    """Cash from outside."""
    account = batch.receiver(command.head.account, command.currency, command.amount_minor)
    account.cash_minor += command.amount_minor
    account.touched = True
    batch.draft.transfer(account, ("bank_clearing", 0), ("cash", 0), command.amount_minor, command.head.cause)
    batch.write_off(account, command.head)


@handle.register
def transfer(command: Transfer, batch: Batch) -> None:
    """The member's unsettled bills are paid at once, if its switch is on. Rule: R9.2."""
    account = batch.receiver(command.head.account, command.currency, command.amount_minor)
    payer = batch.account(command.from_account, command.currency)
    transfers.transfer(batch.draft, payer, account, command.amount_minor, command.head.cause)
    batch.write_off(account, command.head, initiator="transfer")


@handle.register
def pull_back(command: PulledBack, batch: Batch) -> None:
    """What a member was sent and has not spent comes back. Rule: R9.2b."""
    account = batch.receiver(command.head.account, command.currency, command.amount_minor)
    member = batch.account(command.from_account, command.currency)
    transfers.pull_back(batch.draft, account, member, command.amount_minor, command.head.cause)
    batch.write_off(account, command.head)


@handle.register
def refund(command: Refund, batch: Batch) -> None:
    """A credit refund, cash, or the way the money came. Rule: R7.3."""
    head, draft, amount = command.head, batch.draft, command.amount_minor
    account = batch.account(head.account, command.currency)
    if command.to == "credit":
        cycle = command.cycle or cycle_of(draft.at, draft.policy.zone)
        given = CreditRefund(head.inbox_id, account.id, cycle, amount, draft.at)
        account.funds.credit_refunds.append(WorkingFund(given, is_new=True))
        draft.transfer(account, ("refund_grant", 0), ("refund", given.id), amount, head.cause)
    else:
        # Whatever does not go back the way it came becomes cash, so the whole of it must have room there.
        account = batch.receiver(head.account, command.currency, amount)
        if command.to == "original_method":
            amount = give_back(draft, account, amount, inbox_id=head.inbox_id, cause=head.cause)
            if not amount:
                return
        account.cash_minor += amount
        account.touched = True
        draft.transfer(account, ("refund_grant", 0), ("cash", 0), amount, head.cause)
    batch.write_off(account, head)

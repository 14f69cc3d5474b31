"""Money between a main account and its members. Rule: R9.2."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.money import money_text
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.rules.transfers import returnable_minor, transferable_minor


def transfer(
    draft: Draft, payer: WorkingAccount, member: WorkingAccount, amount_minor: int, cause: str
) -> None:
    """From the main account to its member; two entries through the clearing account, each local to its own.

    Raises:
        Refused: `same_account`, `account_parked`, `no_relationship`, `overdue`, `insufficient_funds`. Rule: R9.2a.
    """
    _check_pair(payer, member)
    if draft.relationships.main_of(member.id) != payer.id:
        raise Refused(
            "no_relationship",
            f"account {member.external_id} is no valid member of {payer.external_id}; "
            "events relationship_requested and relationship_accepted make it one",
        )
    if any(bill.overdue and bill.state == "unsettled" for bill in payer.bills):
        raise Refused("overdue", f"account {payer.external_id} has overdue bills and sends nothing")
    available = payer.available_credit(draft.policy)
    movable = transferable_minor(payer.transferred_in_minor, payer.spendable_minor, available)
    if amount_minor > movable:
        raise Refused(
            "insufficient_funds",
            f"account {payer.external_id} may transfer up to {money_text(movable, payer.currency)}, "
            f"not {money_text(amount_minor, payer.currency)}",
        )
    _move(draft, payer, member, amount_minor, cause)
    member.transferred_in_minor += amount_minor
    member.returnable_minor += amount_minor


def pull_back(
    draft: Draft, main: WorkingAccount, member: WorkingAccount, amount_minor: int, cause: str
) -> None:
    """What the main account sent and the member has not spent comes back. Rule: R9.2b.

    Raises:
        Refused: as `transfer`, but for `overdue`.
    """
    _check_pair(member, main)
    if draft.relationships.main_of(member.id) != main.id:
        raise Refused(
            "no_relationship", f"account {member.external_id} is no valid member of {main.external_id}"
        )
    movable = returnable_minor(member.returnable_minor, member.spendable_minor)
    if amount_minor > movable:
        raise Refused(
            "insufficient_funds",
            f"{money_text(movable, member.currency)} of what account {member.external_id} was sent can come back, "
            f"not {money_text(amount_minor, member.currency)}",
        )
    _move(draft, member, main, amount_minor, cause)
    member.transferred_in_minor -= amount_minor
    member.returnable_minor -= amount_minor


def _check_pair(payer: WorkingAccount, receiver: WorkingAccount) -> None:
    if payer is receiver:
        raise Refused("same_account", f"account {payer.external_id} cannot transfer to itself")
    if payer.parked:
        raise Refused("account_parked", f"account {payer.external_id} is parked")


def _move(
    draft: Draft, payer: WorkingAccount, receiver: WorkingAccount, amount_minor: int, cause: str
) -> None:
    payer.cash_minor -= amount_minor
    receiver.cash_minor += amount_minor
    payer.touched = receiver.touched = True
    draft.transfer(payer, ("cash", 0), ("transfer_clearing", 0), amount_minor, cause)
    draft.transfer(receiver, ("transfer_clearing", 0), ("cash", 0), amount_minor, cause)

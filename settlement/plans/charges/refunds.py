"""Sends money back to the charges it may have come from. Rule: R7.3."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.money import money_text
from settlement.model.rows.refunds import NewGatewayRefund
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.refunds import WorkingRefunds


def give_back(draft: Draft, account: WorkingAccount, amount_minor: int, *, inbox_id: int, cause: str) -> int:
    """Sends an amount back to the charges it may have come from, oldest first, each up to what is left of it.

    The refunds are rows that wait to be sent, never calls. Returns what no charge can take back, minor units. A method
    that was removed takes back what it paid; a gateway that this deployment no longer has does not. Rule: R7.3b.

    Raises:
        Refused: `given_back_already`: a gateway took money back by itself, and its charges cannot give so much more.
    """
    refunds, left = account.refunds, amount_minor
    if refunds is None:
        return left
    _check_not_given_back(draft, account, refunds, amount_minor)
    for working in refunds.charges:
        charge = working.charge
        part = min(left, working.left_minor)
        if part <= 0 or charge.gateway not in draft.policy.collection.gateways:
            continue
        refunds.last_no += 1
        working.refunded_minor += part
        left -= part
        draft.changes.refunds.new.append(
            NewGatewayRefund(
                account.id, refunds.last_no, inbox_id, charge.attempt_no, charge.gateway, charge.gateway_ref, part,
                account.currency,
            )
        )  # fmt: skip
        draft.transfer(account, ("refund_grant", 0), ("refunding", refunds.last_no), part, cause)
    return left


def _check_not_given_back(
    draft: Draft, account: WorkingAccount, refunds: WorkingRefunds, amount_minor: int
) -> None:
    """What went back already is given neither the way it came nor as cash a second time: an operator decides. R5.9f."""
    gone = sum(working.charge.reversed_minor for working in refunds.charges)
    known = draft.policy.collection.gateways
    left = sum(working.left_minor for working in refunds.charges if working.charge.gateway in known)
    if gone and amount_minor > left:
        raise Refused(
            "given_back_already",
            f"gateways have taken back {money_text(gone, account.currency)} of charges of account "
            f"{account.external_id} by themselves, and {money_text(left, account.currency)} can still go back that "
            "way; look whether the customer has it (`settle disputes list`), and send the rest as cash or credit",
        )

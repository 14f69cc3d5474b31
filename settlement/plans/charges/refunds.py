"""Sends money back to the charges it may have come from. Rule: R7.3."""

from __future__ import annotations

from settlement.model.rows.refunds import NewGatewayRefund
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft


def give_back(draft: Draft, account: WorkingAccount, amount_minor: int, *, inbox_id: int, cause: str) -> int:
    """Sends an amount back to the charges it may have come from, oldest first, each up to what is left of it.

    The refunds are rows that wait to be sent, never calls. Returns what no charge can take back, minor units. A method
    that was removed takes back what it paid; a gateway that this deployment no longer has does not. Rule: R7.3b.
    """
    refunds, left = account.refunds, amount_minor
    if refunds is None:
        return left
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

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
        Refused: `given_back_already`: a gateway took money back by itself, and its charges cannot give so much more, or
            what it took back is this very amount.
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
    """What went back already is given neither the way it came nor as cash a second time: an operator decides. R5.9f.

    A refund event for as much as a gateway took back, by one refund or dispute or by all of them, may mean just that:
    out of another charge the customer would have it twice.
    """
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
    if amount_minor in (*refunds.gone_minor, sum(refunds.gone_minor)):
        raise Refused(
            "given_back_already",
            f"a gateway has taken back just {money_text(amount_minor, account.currency)} of charges of account "
            f"{account.external_id} by itself, which this refund may mean; look whether the customer has it "
            "(`settle disputes list`), and send what is owed besides as cash or credit",
        )

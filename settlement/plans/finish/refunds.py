"""What a plan decided about money on its way back, as rows. Rule: R7.3."""

from __future__ import annotations

from settlement.model.rows.refunds import ChargeRefunded, GatewayRefundValues
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.refunds import WorkingRefunds


def finish_refunds(draft: Draft, account: WorkingAccount, refunds: WorkingRefunds) -> None:
    """The rows for what was touched."""
    for working in refunds.charges:
        charge = working.charge
        if working.refunded_minor != charge.refunded_minor:
            draft.changes.refunds.charges.append(
                ChargeRefunded(account.id, charge.attempt_no, working.refunded_minor)
            )
    for refund in refunds.refunds:
        if refund.is_touched:
            draft.changes.refunds.values.append(
                GatewayRefundValues(
                    account.id, refund.refund.refund_no, refund.state, refund.asks, refund.next_at,
                    refund.gateway_ref, *refund.response, refund.sent_at, refund.finished_at,
                )
            )  # fmt: skip

"""An announcement of each topic, as an example for schemas and pages."""

from __future__ import annotations

from settlement.model.announcements import facts
from settlement.model.announcements.facts import Facts

_AT, _LATER = "2026-11-02T04:00:00Z", "2026-11-09T04:00:00Z"
_BILL = facts.BillFacts("acct-7", "2026-10", "USD", "unsettled", "120.00", "0.00", "120.00")
_DUE = facts.BillDueFacts("acct-7", "2026-10", "USD", "120.00", "2026-11-16", -3, due_provisional=False)
_CHARGE = facts.ChargeFacts(
    "acct-7", "ch-1", "issuance", "stripe", "USD", "120.00", None, None, None, "pi_1", None
)
_REFUND = facts.RefundFacts("acct-7", "rf-1", "ch-1", "stripe", "USD", "12.50", None, None)
_REVERSAL = facts.ReversalFacts(
    "acct-7",
    "ch-1",
    "stripe",
    "dp_1",
    "dispute",
    "needs_response",
    "USD",
    "120.00",
    "120.00",
    "20.00",
    "fraudulent",
)
_DUNNING = facts.DunningFacts("acct-7", "compute", _AT, _LATER, "2026-10-26T04:00:00Z")
_PAYMENT = facts.PaymentFacts("acct-7", "pay-1", "2026-10", "USD", "120.00", "20.00", "visa", None)
_UNIFIED = facts.UnifiedFacts("acct-main", "q4", "USD", 2, 0, "0.00", "240.00")
_SET_ASIDE = facts.SetAsideFacts(
    "acct-9", "billing-gateway", "tu-000124", "top_up", "unknown_account", "account acct-9 is not known"
)
_RELATED = facts.RelationshipFacts("acct-main", "acct-member")


EXAMPLES: dict[str, Facts] = {
    "bill.issued": _BILL,
    "bill.paid_in_part": _BILL._replace(paid="20.00", outstanding="100.00"),
    "bill.settled": _BILL._replace(state="settled", paid="120.00", outstanding="0.00"),
    "bill.owed_again": _BILL,
    "bill.due_reminder": _DUE,
    "bill.overdue": _DUE._replace(days=1),
    "bill.overdue_reminder": _DUE._replace(days=7),
    "account.overdue_ended": facts.OverdueEndedFacts("acct-7"),
    "account.low_credit": facts.LowCreditFacts(
        "acct-7", "USD", "30.00", "29.99", "100.00", "0.00", "70.01", 1
    ),
    "card.expired": facts.CardExpiredFacts("acct-7", "gift-1", "USD", "6.00", _AT),
    "coupon.expired": facts.CouponExpiredFacts("acct-7", "welcome", "USD", "50.00", _AT),
    "charge.succeeded": _CHARGE,
    "charge.declined": _CHARGE._replace(code="insufficient_funds", message="declined", next_try_at=_LATER),
    "charge.requires_action": _CHARGE._replace(url="https://pay.example.com/confirm/pi_1"),
    "charge.unknown": _CHARGE._replace(gateway_ref=None, message="no response"),
    "refund.succeeded": _REFUND,
    "refund.failed_to_cash": _REFUND._replace(code="expired_or_canceled_card", message="the card is closed"),
    "refund.unknown": _REFUND._replace(message="no response"),
    "charge.reversed": _REVERSAL._replace(kind="refund", state="succeeded", gateway_ref="re_1", reason=None),
    "charge.restored": _REVERSAL._replace(state="won", taken_back="0.00", owed="0.00"),
    "dispute.opened": _REVERSAL,
    "dispute.closed": _REVERSAL._replace(state="lost"),
    "collection.due": facts.DueFacts("acct-7", "USD", "120.00"),
    "account.suspension_reminder": _DUNNING,
    "account.suspended": _DUNNING,
    "account.release_reminder": _DUNNING,
    "account.releasable": _DUNNING,
    "account.resumed": facts.ResumedFacts("acct-7", "2026-10-26T04:00:00Z"),
    "payment_method.verified": facts.MethodFacts("acct-7", "visa", None, None),
    "payment_method.unverified": facts.MethodFacts("acct-7", "visa", "card_declined", "declined"),
    "product.activation": facts.ActivationFacts("acct-7", "compute", True, None),
    "relationship.requested": _RELATED,
    "relationship.valid": _RELATED,
    "relationship.ended": _RELATED,
    "payment.started": _PAYMENT,
    "payment.completed": _PAYMENT,
    "payment.failed": _PAYMENT._replace(reason="declined"),
    "payment.cancelled": _PAYMENT,
    "payment.expired": _PAYMENT,
    "unified_settlement.created": _UNIFIED,
    "unified_settlement.waiting": _UNIFIED._replace(settled=1, paid="120.00", missing="120.00"),
    "unified_settlement.completed": _UNIFIED._replace(settled=2, paid="240.00", missing="0.00"),
    "unified_settlement.closed": _UNIFIED,
    "account.parked": facts.ParkedFacts("acct-7", "cash does not equal its transfers"),
    "account.released": facts.ReleasedFacts("acct-7", _AT, "cash does not equal its transfers"),
    "audit.violations": facts.AuditFacts("2026-11-01", 1, {"balances": 1}),
    "reconciliation.difference": facts.DifferenceFacts(
        "stripe", "amount_differs", "ch-1", "pi_1", "acct-7", "USD", "120.00", "119.00"
    ),
    "event.refused": _SET_ASIDE,
    "event.parked": _SET_ASIDE._replace(code="failed", reason="it failed 5 times"),
    "event.done": facts.DoneFacts(
        "acct-7", "billing-gateway", "tu-000123", "top_up", "USD", {"acct-7:2026-10": "120.00"}
    ),
    "webhook.paused": facts.WebhookFacts("crm", "failing"),
    "webhook.resumed": facts.WebhookFacts("crm", None),
    "sender.entries_lost": facts.LossFacts("metering", 3),
}

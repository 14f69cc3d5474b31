"""The topics under which facts are published, and the rows of the outbox made of them."""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii

from settlement.model.announcements.facts import (
    ActivationFacts,
    AuditFacts,
    BillDueFacts,
    BillFacts,
    CardExpiredFacts,
    ChargeFacts,
    CouponExpiredFacts,
    DifferenceFacts,
    DoneFacts,
    DueFacts,
    DunningFacts,
    Facts,
    LossFacts,
    LowCreditFacts,
    MethodFacts,
    OverdueEndedFacts,
    ParkedFacts,
    PaymentFacts,
    RefundFacts,
    RelationshipFacts,
    ReleasedFacts,
    ResumedFacts,
    ReversalFacts,
    SetAsideFacts,
    UnifiedFacts,
    WebhookFacts,
)
from settlement.model.rows.announcements import Announcement

# Facts and their topics, in the order of docs/events.md.
PUBLISHED: dict[type[Facts], tuple[str, ...]] = {
    BillFacts: ("bill.issued", "bill.paid_in_part", "bill.settled", "bill.owed_again"),
    BillDueFacts: ("bill.due_reminder", "bill.overdue", "bill.overdue_reminder"),
    OverdueEndedFacts: ("account.overdue_ended",),
    LowCreditFacts: ("account.low_credit",),
    CardExpiredFacts: ("card.expired",),
    CouponExpiredFacts: ("coupon.expired",),
    ChargeFacts: ("charge.succeeded", "charge.declined", "charge.requires_action", "charge.unknown"),
    RefundFacts: ("refund.succeeded", "refund.failed_to_cash", "refund.unknown"),
    ReversalFacts: ("charge.reversed", "charge.restored", "dispute.opened", "dispute.closed"),
    DueFacts: ("collection.due",),
    DunningFacts: (
        "account.suspension_reminder", "account.suspended", "account.release_reminder", "account.releasable",
    ),
    ResumedFacts: ("account.resumed",),
    MethodFacts: ("payment_method.verified", "payment_method.unverified"),
    ActivationFacts: ("product.activation",),
    RelationshipFacts: ("relationship.requested", "relationship.valid", "relationship.ended"),
    PaymentFacts: (
        "payment.started", "payment.completed", "payment.failed", "payment.cancelled", "payment.expired",
    ),
    UnifiedFacts: (
        "unified_settlement.created", "unified_settlement.waiting", "unified_settlement.completed",
        "unified_settlement.closed",
    ),
    ParkedFacts: ("account.parked",),
    ReleasedFacts: ("account.released",),
    AuditFacts: ("audit.violations",),
    DifferenceFacts: ("reconciliation.difference",),
    SetAsideFacts: ("event.refused", "event.parked"),
    DoneFacts: ("event.done",),
    WebhookFacts: ("webhook.paused", "webhook.resumed"),
    LossFacts: ("sender.entries_lost",),
}  # fmt: skip
TOPICS: dict[str, type[Facts]] = {topic: facts for facts, topics in PUBLISHED.items() for topic in topics}


def announcement(account_id: int, topic: str, facts: Facts, correlation_id: str) -> Announcement:
    """The outbox row of a fact. An account id of 0 stands for no account, or one that nobody knows.

    Raises:
        TypeError: these facts are not published under this topic.
    """
    if TOPICS.get(topic) is not type(facts):
        raise TypeError(f"{type(facts).__name__} are not published as {topic!r}")
    payload = json.dumps(facts._asdict())
    return Announcement(account_id, topic, payload, correlation_id)


def bill_announcement(
    account_id: int, topic: str, facts: tuple[str, str, str, str, str, str, str], correlation_id: str
) -> Announcement:
    """The same for a bill, to the byte, in a tenth of the time: a month close announces one or two per bill. `facts`:
    `BillFacts`, or what they hold in their order.
    """
    account, cycle, currency, state, payable, paid, outstanding = facts
    payload = (
        f'{{"account": {encode_basestring_ascii(account)}, "cycle": "{cycle}", "currency": "{currency}", '
        f'"state": "{state}", "payable": "{payable}", "paid": "{paid}", "outstanding": "{outstanding}"}}'
    )
    return tuple.__new__(Announcement, (account_id, topic, payload, correlation_id))

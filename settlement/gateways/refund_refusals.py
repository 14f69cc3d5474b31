"""A refusal of a refund is a failure only where the refund was not made by an earlier call. Rule: R7.3."""

from __future__ import annotations

from settlement.model.gateway.charges import NotFound, TryLater, Unknown
from settlement.model.gateway.refund_calls import GivenBackAlready, RefundFailed, RefundOutcome


def failed_unless_made(refused: RefundFailed | GivenBackAlready, found: RefundOutcome) -> RefundOutcome:
    """What a refusal like "nothing is left to give back" means, beside what a question by our reference found.

    Our own refund may be what used up the rest, by a call whose response was lost and whose key is forgotten.
    """
    if isinstance(found, NotFound):
        return refused
    if isinstance(found, (Unknown, TryLater)):
        return Unknown(f"{refused.code}, and it is not known whether it was made before: {found.why}"[:300])
    return found

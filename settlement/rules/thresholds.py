"""At how much an account is charged by itself. Rule: R5.1, R5.2."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.gateway.charges import MethodKind, PaymentMethod
from settlement.model.money import money_text
from settlement.model.policies.collection import CollectionPolicy


def threshold_for(method: PaymentMethod, currency: str, policy: CollectionPolicy) -> int | None:
    """Minor units: the table's for a bank card, the account's own for PayPal, None where nothing is charged."""
    if method.kind == "bank_transfer":
        return None
    if method.kind == "paypal":
        return method.threshold_minor
    known = policy.thresholds_for(currency)
    return None if known is None else known.bank_card_minor


def check_threshold(
    kind: MethodKind, threshold_minor: int | None, currency: str, policy: CollectionPolicy
) -> int | None:
    """The account's own threshold of a method that is added, minor units; None where it has none of its own.

    Raises:
        Refused: `no_threshold_for_currency` where one is given that nothing limits, `threshold_required` for PayPal,
            `threshold_out_of_range`, or `threshold_not_allowed` for a bank card that brings one.
    """
    if kind == "bank_transfer":
        return None
    known = policy.thresholds_for(currency)
    if known is None and threshold_minor is None:
        # Nothing is charged by threshold; the sweep and issuance collect. Rule: R5.1c.
        return None
    if known is None:
        raise Refused(
            "no_threshold_for_currency",
            f"no thresholds are set for {currency}: leave the threshold out, and the month-end sweep and issuance "
            "collect; or add the currency to the setting collection.thresholds",
        )
    if kind == "bank_card":
        if threshold_minor is not None:
            raise Refused(
                "threshold_not_allowed", "the threshold of a bank card is set for all accounts, not for one"
            )
        return None
    lowest, highest = known.paypal_min_minor, known.paypal_max_minor
    between = f"between {money_text(lowest, currency)} and {money_text(highest, currency)}"
    if threshold_minor is None:
        raise Refused("threshold_required", f"a PayPal account needs a threshold {between}")
    if not lowest <= threshold_minor <= highest:
        raise Refused(
            "threshold_out_of_range",
            f"the threshold must lie {between}, not at {money_text(threshold_minor, currency)}",
        )
    return threshold_minor


def reached(uncollected_minor: int, threshold_minor: int) -> bool:
    """Exactly the threshold counts as reached. Nothing to collect never does."""
    return 0 < threshold_minor <= uncollected_minor

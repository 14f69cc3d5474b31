"""What a new version of the settings lets happen at once, that nothing else would bring about. Rule: R3.7g."""

from __future__ import annotations

from settlement.model.policies.policy import Policy


def lets_more_be_paid(before: Policy, after: Policy) -> bool:
    """May the write-off pay bills under `after` that it left unsettled under `before`?"""
    return (after.partial_write_off and not before.partial_write_off) or (
        before.freeze_accruing and not after.freeze_accruing
    )


def lower_thresholds(before: Policy, after: Policy) -> list[str]:
    """The currencies in which bank cards are charged at a lower threshold, or at one for the first time."""
    lower = []
    for threshold in after.collection.thresholds:
        known = before.collection.thresholds_for(threshold.currency)
        if known is None or threshold.bank_card_minor < known.bank_card_minor:
            lower.append(threshold.currency)
    return lower

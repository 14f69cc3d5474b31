"""Where an account stands, for whoever only looks: available credit with its terms. Rule: R1.5."""

from __future__ import annotations

from decimal import Decimal

from settlement.model.policies.policy import Policy
from settlement.queries.accounts import AccountView
from settlement.rules.credit import AvailableCredit, accruing_minor, uncollected_minor


def available_credit(account: AccountView, policy: Policy) -> AvailableCredit:
    """Available credit with its terms, as automatic write-off sees it. Rule: R1.5, R1.6."""
    frozen = account.frozen_minor + account.held_minor
    if policy.freeze_accruing:
        frozen += sum(
            uncollected_minor(accruing_minor(total, Decimal(0), account.currency), int(collected))
            for total, collected in zip(account.accruing, account.collected, strict=True)
        )
    return AvailableCredit(account.cash_minor, account.credit_limit_minor, frozen)


def headroom_minor(account: AccountView, credit: AvailableCredit) -> int:
    """Available credit less what issued bills still ask for and what gateways took back, minor units. Rule: R1.5f."""
    return credit.minor - account.outstanding_minor - account.owed_for_reversals_minor

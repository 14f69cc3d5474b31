"""From settings to the values that rules depend on."""

from __future__ import annotations

from datetime import timedelta

from config.settings import Settings
from settlement.model.cycle import parse_cycle
from settlement.model.policies.policy import Policy
from worker.policies.collection import collection_policy_of
from worker.policies.credit import credit_policy_of


def policy_of(settings: Settings) -> Policy:
    """The values that rules depend on.

    Raises:
        SettingsError: an amount does not fit its currency, or a table is not whole.
    """
    billing = settings.billing
    return Policy(
        zone=billing.zone,
        issue_day=billing.issue_day,
        issue_time=billing.issue_time,
        partial_write_off=billing.partial_write_off,
        freeze_accruing=billing.freeze_accruing,
        payment_lease=timedelta(seconds=settings.repayment.payment_lease_s),
        records_since=parse_cycle(settings.repayment.records_since),
        collection=collection_policy_of(settings),
        credit=credit_policy_of(settings),
    )

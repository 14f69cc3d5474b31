"""Since which month repayment records are presented. Rule: R10.2a."""

from __future__ import annotations

from interfaces.cli.render.output import remark
from interfaces.fields.repayments import since_when
from settlement.model.policies.policy import Policy


def remark_since(policy: Policy, cycle: int | None) -> None:
    """An answer about a month of which no records are presented says why it has none."""
    if cycle is not None and cycle < policy.records_since:
        remark(since_when(policy))

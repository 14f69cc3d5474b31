"""Since which month repayment records are presented. Rule: R10.2a."""

from __future__ import annotations

from interfaces.cli.render.output import remark
from settlement.model.cycle import cycle_text
from settlement.model.policies.policy import Policy


def remark_since(policy: Policy, cycle: int | None) -> None:
    """An answer about a month of which no records are presented says why it has none."""
    if cycle is not None and cycle < policy.records_since:
        remark(
            f"repayment records are presented for bills of {cycle_text(policy.records_since)} and later ones"
        )

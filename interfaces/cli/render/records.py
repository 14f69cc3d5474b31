"""Since which month repayment records are presented, and where older ones are. Rule: R10.2a, R11.12."""

from __future__ import annotations

from interfaces.cli.render.output import remark
from interfaces.fields.repayments import since_when
from settlement.model.policies.policy import Policy


def remark_since(policy: Policy, cycle: int | None) -> None:
    """An answer about a month of which no records are presented says why it has none."""
    if cycle is not None and cycle < policy.records_since:
        remark(since_when(policy))


def remark_archived(archive: int | None, account: str) -> None:
    """An answer about a bill of which lines and repayments are in an archive says in which."""
    if archive is not None:
        remark(
            f"what it is made of, and its repayments, are in archive {archive}: "
            f"settle archive show {archive} --rows repayments|lines|entries --account {account}"
        )

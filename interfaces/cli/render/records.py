"""Since which month repayment records are presented, and where older ones are. Rule: R10.2a, R11.12."""

from __future__ import annotations

from collections.abc import Sequence

from interfaces.cli.render.output import remark
from interfaces.fields.repayments import since_when
from settlement.model.policies.policy import Policy


def remark_since(policy: Policy, cycle: int | None) -> None:
    """An answer about a month of which no records are presented says why it has none."""
    if cycle is not None and cycle < policy.records_since:
        remark(since_when(policy))


def remark_archived(what: str, archives: Sequence[int], account: str | None) -> None:
    """An answer from which something is missing that is in archives says in which."""
    if archives:
        numbers = ", ".join(map(str, archives))
        of = "" if account is None else f" --account {account}"
        remark(
            f"{what} are in archive {numbers}: settle archive show {archives[-1]} --rows repayments|lines|entries{of}"
        )

"""The three groups in which a repayment is reported. Rule: R10.1a."""

from __future__ import annotations

from collections.abc import Iterable

from settlement.model.funds import FUNDS, FundSource, RepaymentGroup

GROUPS: tuple[RepaymentGroup, ...] = ("coupon_deduction", "stored_value_card", "cash")


def group_of(source: FundSource) -> RepaymentGroup:
    """The group of a line by the fund that paid it: credit refunds, payment methods and main accounts pay cash."""
    return FUNDS[source].group


def by_group(lines: Iterable[tuple[FundSource, int]]) -> dict[RepaymentGroup, int]:
    """What each group paid, minor units, of lines given as source and amount; zero where it paid nothing."""
    sums: dict[RepaymentGroup, int] = dict.fromkeys(GROUPS, 0)
    for source, amount_minor in lines:
        sums[group_of(source)] += amount_minor
    return sums

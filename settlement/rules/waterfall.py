"""From which funds a bill is paid, and how much from each: card, then refund, then cash. Rule: R4.4, R4.5."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from settlement.model.funds import FundSource


class Fund(NamedTuple):
    """Something that may pay this bill, and up to how much. Minor units."""

    source: FundSource
    id: int
    limit_minor: int


def allocate(outstanding_minor: int, funds: Iterable[Fund]) -> list[Fund]:
    """Takes from the funds in the order given until the bill is paid or they are used up.

    Returns what is taken from each (`limit_minor` is the amount), never zero, never more than the outstanding amount.
    """
    allocated: list[Fund] = []
    for fund in funds:
        if outstanding_minor <= 0:
            break
        source, fund_id, limit_minor = fund
        if limit_minor > outstanding_minor:
            allocated.append(Fund(source, fund_id, outstanding_minor))
            break
        if limit_minor > 0:
            allocated.append(fund)
            outstanding_minor -= limit_minor
    return allocated

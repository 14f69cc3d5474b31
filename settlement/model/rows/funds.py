"""Rows to write about funds that hold a balance: cards, credit refunds, coupons. Amounts in minor units."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from settlement.model.funds import FundSource, StoredFund


class NewFund(NamedTuple):
    """A fund to insert, with the balance it has afterwards."""

    fund: StoredFund
    balance_minor: int


class FundValue(NamedTuple):
    """The balance that a fund loaded earlier has afterwards."""

    id: int
    account_id: int
    balance_minor: int


@dataclass(slots=True)
class FundRows:
    """By kind: funds that are new, and what is left of those known before."""

    new: dict[FundSource, list[NewFund]] = field(default_factory=lambda: defaultdict(list))
    values: dict[FundSource, list[FundValue]] = field(default_factory=lambda: defaultdict(list))

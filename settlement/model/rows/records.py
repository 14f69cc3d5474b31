"""Records to append: repayments and the ledger. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from settlement.model.funds import FundSource, LedgerKind


class RepaymentRow(NamedTuple):
    """A repayment record to append; `paid_at`: when its money was there (UTC). Rule: R10.1, R4.1d."""

    account_id: int
    cycle: int
    cause: str
    initiator: str
    amount_minor: int
    currency: str
    paid_at: datetime


class RepaymentLineRow(NamedTuple):
    """One line of a repayment record: from which fund, how much."""

    account_id: int
    cycle: int
    cause: str
    line_no: int
    source: FundSource
    source_id: int
    amount_minor: int


class TransferRow(NamedTuple):
    """One balanced ledger entry: `amount_minor` from the debited to the credited ledger account. Rule: R11.2.

    `posted_at` (UTC): the logical instant of what is booked, or later where its money came later. Rule: R4.1d.
    """

    account_id: int
    debit: LedgerKind
    debit_ref: int
    credit: LedgerKind
    credit_ref: int
    amount_minor: int
    currency: str
    cause: str
    posted_at: datetime


@dataclass(slots=True)
class RecordRows:
    """What is only ever added."""

    repayments: list[RepaymentRow] = field(default_factory=list)
    repayment_lines: list[RepaymentLineRow] = field(default_factory=list)
    transfers: list[TransferRow] = field(default_factory=list)

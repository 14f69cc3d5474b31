"""What a reader yields: fees, refused rows, and batches of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

RAW_LIMIT = 500
"""A refused row is shown up to this many characters."""
BATCH_CHARACTERS = 4_000_000
"""A batch is full when its texts have this many together, however few its rows are. Rule: R11.8b."""


class FeeLine(NamedTuple):
    """One row of an export that can be booked as a fee. A named tuple, since millions are made.

    `line` counts from 1: the line of the file where the row starts, or the row of a Parquet file.
    `amount` is exact, may be negative or zero, has at most 30 decimal places, is below 10^18 and never has a
    positive exponent. `currency` is an upper-case ISO 4217 code. `product` and `order_id` may be empty.
    `incurred_at` and `ended_at` are UTC, to the microsecond. `row_key` is the row's identity, 16 bytes: the
    same row has the same key in every file, and identical rows of one file share it. `provider` and `period` say which
    picture the row is part of: who charges (may be empty), and where the billing period starts (UTC).
    """

    line: int
    account: str
    amount: Decimal
    currency: str
    product: str
    order_id: str
    incurred_at: datetime
    ended_at: datetime | None
    row_key: bytes
    provider: str
    period: datetime


class RefusedLine(NamedTuple):
    """One row that cannot be booked: where, why, and its text, shortened to 500 characters."""

    line: int
    reason: str
    raw: str


def characters(fee: FeeLine) -> int:
    """How many the texts have that a fee keeps of its row."""
    return len(fee.account) + len(fee.product) + len(fee.order_id) + len(fee.provider)


@dataclass(frozen=True, slots=True)
class Batch:
    """A stretch of an export, in file order. The last batch of a file may hold no rows.

    `rows` counts this batch's rows, accepted and refused; blank lines are no rows. `bytes_read` is the position
    in the file as it lies on disk (compressed, if it is), `total_bytes` its size; the last batch has them equal.
    """

    accepted: list[FeeLine]
    refused: list[RefusedLine]
    rows: int
    bytes_read: int
    total_bytes: int

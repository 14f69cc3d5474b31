"""Events about fees, as metering reports them."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from settlement.errors import Refused
from settlement.events.inbound.fields import (
    DECIMAL,
    Currency,
    Data,
    EventData,
    Instant,
    Name,
    NameOrNone,
    Published,
)
from settlement.model.commands.command import EventHead
from settlement.model.commands.fees import FeeLine, Fees
from settlement.model.money import exponent_of, quoted

MAX_FEES_PER_EVENT = 10_000
_FEE = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,30})?")


def _billable(at: datetime) -> datetime:
    """A fee's instant must fall into a billing cycle, and so must the months around it."""
    if not 1901 <= at.year <= 2998:
        raise ValueError("must lie between the years 1901 and 2998")
    return at


class FeeData(Data):
    """One fee. `amount` is exact and may be negative; `id` is unique within the event's source and the account."""

    id: Name
    amount: Annotated[
        str,
        Published(format=DECIMAL, pattern=f"^{_FEE.pattern}$"),
        Field(description="any sign, up to 18 digits before and 30 after the point", examples=["1.2345"]),
    ]
    currency: Currency
    product: Name
    incurred_at: Annotated[Instant, AfterValidator(_billable)]
    ended_at: Instant | None = None
    order_id: NameOrNone = ""


class FeesData(EventData):
    """Fees of one account, booked together or not at all. An `id` is unique within (source, account); known ones with
    the same amount are left out. A negative fee lowers the frozen amount: then the write-off.
    """

    TYPE = "fees"
    EXAMPLE = (
        '{"fees": [{"id": "f-1", "amount": "1.2345", "currency": "USD", "product": "compute", '
        '"incurred_at": "2026-11-03T09:30:00Z"}]}'
    )

    fees: Annotated[list[FeeData], Field(min_length=1, max_length=MAX_FEES_PER_EVENT)]

    def command(self, head: EventHead) -> Fees:
        lines = tuple(
            FeeLine(
                fee_key(head.source, fee.id), fee.id, _fee_amount(fee), fee.currency, fee.product, fee.order_id,
                fee.incurred_at, fee.ended_at,
            )
            for fee in self.fees
        )  # fmt: skip
        if len({line.fee_key for line in lines}) < len(lines):
            raise Refused("bad_shape", "data.fees: a fee id occurs twice in one event")
        return Fees(head, lines)


def fee_key(source: str, fee_id: str) -> UUID:
    """The identity of a fee: 128 bits of a hash over where it comes from and its id there."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(source.encode() + b"\0" + fee_id.encode())
    return UUID(bytes=digest.digest())


def _fee_amount(fee: FeeData) -> Decimal:
    exponent_of(fee.currency)
    if not _FEE.fullmatch(fee.amount):
        raise Refused(
            "bad_amount",
            f"fee {fee.id}: amount must be a decimal string of up to 18 digits and 30 places, not {quoted(fee.amount)}",
        )
    return Decimal(fee.amount)


EVENTS = (FeesData,)

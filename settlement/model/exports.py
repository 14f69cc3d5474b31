"""What is known of the rows of billing exports. Rule: R2.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID, SafeUUID

from settlement.model.money import EXACT

_new, _set = object.__new__, object.__setattr__

RowKey = tuple[int, UUID]
"""An account's id, and the identity of a row within it."""


class RowCounts(NamedTuple):
    """How often an export's row is booked already, how often by the import that asks, and how often that import has
    met it as a repeat; `amount` is what it was booked with.
    """

    booked: int
    by_this_import: int
    met: int
    amount: Decimal


class EarlierCounts(NamedTuple):
    """How many fees booked under the identity before this one say the same as a row, and how many rows the import that
    asks has matched with them.
    """

    booked: int
    met: int


class BookedRow(NamedTuple):
    """How often a row was booked and taken back, how many of them count as part of the picture that asks (`here`), and
    the fee that it was booked as last. Exact major units, UTC.
    """

    booked: int
    taken_back: int
    here: int
    amount: Decimal
    currency: str
    product: str
    order_id: str
    incurred_at: datetime
    ended_at: datetime | None

    @property
    def counted(self) -> int:
        """How many of them count."""
        return self.booked - self.taken_back


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What is known of the rows that an import brings: `rows` and `booked` by their identity, `earlier` by what they
    say (`earlier_key`).
    """

    rows: Mapping[RowKey, RowCounts] = field(default_factory=dict)
    earlier: Mapping[RowKey, EarlierCounts] = field(default_factory=dict)
    booked: Mapping[RowKey, BookedRow] = field(default_factory=dict)


def uuid_of(key: bytes) -> UUID:
    """The same 16 bytes as a UUID, made past its constructor, which asks of each what it is given and takes as long as
    the rest of a row.
    """
    made = _new(UUID)
    _set(made, "int", int.from_bytes(key))
    _set(made, "is_safe", SafeUUID.unknown)
    return made


def taken_back_key(fee_key: UUID) -> UUID:
    """The key of the fees that take back fees of this key."""
    return UUID(bytes=blake2b(b"taken back\0" + fee_key.bytes, digest_size=16).digest())


def earlier_key(amount: Decimal, product: str, order_id: str, incurred_at: datetime) -> UUID:
    """What a row says, as one key: all that is kept of fees booked under the identity before."""
    content = f"{EXACT.normalize(amount)}\0{product}\0{order_id}\0{incurred_at.isoformat()}"
    return UUID(bytes=blake2b(content.encode(), digest_size=16).digest())

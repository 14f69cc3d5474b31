"""Which accounts to load, and what to load besides what every plan sees."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from settlement.model.exports import RowKey

# Parameters of a statement about a set of accounts: their ids and, for the planner, the lowest and the highest.
Owners = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FeeScope:
    """Fees to look up, by account's name and fee key."""

    keys: Sequence[tuple[str, UUID]] = ()


class EarlierRow(NamedTuple):
    """What a row says, to be compared with fees booked under the identity before: by whom, and `earlier_key` of it."""

    name: str
    row_key: UUID
    incurred_at: datetime
    amount: Decimal
    product: str
    order_id: str


@dataclass(frozen=True, slots=True)
class ExportScope:
    """Rows to look up for the import `import_id`, each once: `rows` and `earlier` by the account's name, `booked` by
    its id, for the picture `export_id`.
    """

    import_id: int
    rows: Sequence[tuple[str, UUID]] = ()
    earlier: Sequence[EarlierRow] = ()
    booked: Sequence[RowKey] = ()
    export_id: int | None = None


@dataclass(frozen=True, slots=True)
class FundScope:
    """Cards and coupons to look up, by account's and caller's name.

    `lines_for`: names of accounts whose bill lines are needed although they own no card yet; `expiring`: coupons too,
    which otherwise are read only where bills may be issued.
    """

    cards: Sequence[tuple[str, str]] = ()
    coupons: Sequence[tuple[str, str]] = ()
    lines_for: Container[str] = ()
    expiring: bool = False


@dataclass(frozen=True, slots=True)
class RefundScope:
    """Names of accounts whose charges may be given back, and refunds to load, by account id and number."""

    refundable: Container[str] = ()
    refunds: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class PeopleScope:
    """What acts of people are about: ids of unified settlements to load with their lists, and manual payments to look
    up, by account's and caller's name.

    `named`: the accounts that the acts name, where the set has others that are on those lists and no more; None: all.
    How many members they have, and on which other lists their bills are, is asked of these alone.
    """

    settlements: Sequence[int] = ()
    payments: Sequence[tuple[str, str]] = ()
    named: Container[str] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Accounts by id or by the callers' names.

    `from_cycle`: settled bills too, from this cycle on, and what issuing needs; `attempts`: charge attempts, by account
    id and number, to load although they are over; `reversals`: those of `attempts` that a gateway may have taken back;
    `people`: None where no act of people is planned.
    """

    ids: Sequence[int] = ()
    names: Sequence[str] = ()
    from_cycle: int | None = None
    fees: FeeScope = field(default_factory=FeeScope)
    export: ExportScope | None = None
    funds: FundScope = field(default_factory=FundScope)
    attempts: Sequence[tuple[int, int]] = ()
    refunds: RefundScope = field(default_factory=RefundScope)
    reversals: Sequence[tuple[int, int]] = ()
    people: PeopleScope | None = None

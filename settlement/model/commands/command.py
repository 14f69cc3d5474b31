"""What every command carries, and what it needs beside its own account.

A command is what an accepted event wants done, in the domain's own terms: validated, amounts in minor units, instants
in UTC. Rule: R4.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

from settlement.model.cycle import Cycle
from settlement.model.funds import LedgerKind


@dataclass(frozen=True, slots=True)
class EventHead:
    """What every event carries. `source` is who sent it, `account` its own name for the account.

    `inbox_id` is the event's row; it also becomes the id of the account, card or refund the event creates.
    `arrived_at`: when it reached the inbox (UTC), which decides the month of a fee; None where it has not been sent.
    `event_id` and `type` as it came.
    """

    inbox_id: int
    source: str
    account: str
    correlation_id: str
    arrived_at: datetime | None = None
    event_id: str = ""
    type: str = ""

    @property
    def cause(self) -> str:
        """The name under which everything this event brings about is booked."""
        return f"event:{self.inbox_id}"


class Related(NamedTuple):
    """What has to be loaded for a command beside its own account, by the names that events use.

    `accounts` are locked and loaded too; of `cycles` also bills that are settled; of cards, coupons, payments and fees
    whether they are known; `to_method`: the charges that money can be given back to. `by_people`: relationships,
    manual payments and unified settlements of all these accounts.
    """

    accounts: Sequence[str] = ()
    cycles: Sequence[Cycle] = ()
    fees: Sequence[tuple[UUID, datetime]] = ()
    cards: Sequence[str] = ()
    coupons: Sequence[str] = ()
    payments: Sequence[str] = ()
    settlements: Sequence[str] = ()
    to_method: bool = False
    by_people: bool = False


NOTHING = Related()


class Move(NamedTuple):
    """A kind of entry that commands of a kind may book, from the ledger account debited to the one credited.

    The audit takes any other under the name of an event for a fault; what a grant of funds books is known by the fund
    (`model.funds`), what pays bills by nobody's command. A statement calls it `into` where it is credited to a balance
    of the account, `out_of` where it is debited. Rule: R10.3, R11.2d.
    """

    debit: LedgerKind
    credit: LedgerKind
    into: str | None = None
    out_of: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What one accepted event wants done. `MOVES`: the entries that it may book."""

    MOVES: ClassVar[Sequence[Move]] = ()

    head: EventHead

    def related(self) -> Related:
        """What it needs beside its own account; most need nothing."""
        return NOTHING

"""Events about unified settlements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from settlement.errors import Refused
from settlement.events.inbound.fields import CycleText, Data, EventData, Name, Revision
from settlement.model.commands.command import EventHead
from settlement.model.commands.unified_settlements import (
    UnifiedClosed,
    UnifiedDeleted,
    UnifiedListed,
    UnifiedOrdered,
    UnifiedRun,
)
from settlement.model.cycle import parse_cycle

# What one transaction can list and pay in a few seconds.
MOST_LINES = 10_000
MOST_CYCLES = 3

Accounts = Annotated[list[Name], Field(min_length=1, max_length=MOST_LINES)]
Cycles = Annotated[list[CycleText], Field(min_length=1, max_length=MOST_CYCLES, description="up to three")]


class UnifiedCreatedData(EventData):
    """The unsettled bills of these accounts and cycles, to be paid by the event's account, their main account, in this
    order: account by account, the cycles of each as given; up to 10,000. Automatic write-off of the accounts is held
    from then on.
    """

    TYPE = "unified_settlement_created"
    EXAMPLE = '{"settlement": "q4", "accounts": ["acct-member"], "cycles": ["2026-10", "2026-11"]}'

    settlement: Annotated[Name, Field(description="its name")]
    accounts: Accounts
    cycles: Cycles

    def command(self, head: EventHead) -> UnifiedListed:
        return _listed(head, self.settlement, self.accounts, self.cycles, is_new=True)


class BillName(Data):
    """A bill by its account and cycle."""

    account: Name
    cycle: CycleText


class UnifiedEditedData(EventData):
    """A draft's list made anew from `accounts` and `cycles`, or put into the order of `bills` and cut down to them."""

    TYPE = "unified_settlement_edited"
    EXAMPLE = '{"settlement": "q4", "bills": [{"account": "acct-member", "cycle": "2026-11"}]}'

    settlement: Name
    accounts: Accounts | None = None
    cycles: Annotated[Cycles | None, Field(description="up to three")] = None
    bills: Annotated[list[BillName] | None, Field(min_length=1, max_length=MOST_LINES)] = None
    if_revision: Revision | None = None

    def command(self, head: EventHead) -> UnifiedListed | UnifiedOrdered:
        if self.bills is not None and self.accounts is None and self.cycles is None:
            bills = tuple((bill.account, parse_cycle(bill.cycle)) for bill in self.bills)
            if len(set(bills)) < len(bills):
                raise Refused("bad_shape", "data.bills: a bill occurs twice")
            return UnifiedOrdered(head, self.settlement, bills, if_revision=self.if_revision)
        if self.bills is not None or self.accounts is None or self.cycles is None:
            raise Refused("bad_shape", "data: give either accounts and cycles, or bills")
        listed = _listed(head, self.settlement, self.accounts, self.cycles, is_new=False)
        return replace(listed, if_revision=self.if_revision)


def _listed(
    head: EventHead, settlement: str, accounts: Sequence[str], cycles: Sequence[str], *, is_new: bool
) -> UnifiedListed:
    months = tuple(parse_cycle(cycle) for cycle in cycles)
    for name, values in (("accounts", accounts), ("cycles", months)):
        if len(set(values)) < len(values):
            raise Refused("bad_shape", f"data.{name}: one of them occurs twice")
    if len(accounts) * len(months) > MOST_LINES:
        raise Refused(
            "too_many_bills",
            f"one settlement lists up to {MOST_LINES} bills, not {len(accounts)} accounts times {len(months)} cycles",
        )
    return UnifiedListed(head, settlement, tuple(accounts), months, is_new=is_new)


class _UnifiedData(EventData):
    EXAMPLE = '{"settlement": "q4"}'

    settlement: Name
    if_revision: Revision | None = None


class UnifiedRunData(_UnifiedData):
    """Pays what the main account's money reaches, and the rest by itself when more comes."""

    TYPE = "unified_settlement_run"

    def command(self, head: EventHead) -> UnifiedRun:
        return UnifiedRun(head, self.settlement, if_revision=self.if_revision)


class UnifiedClosedData(_UnifiedData):
    """Ends it; what is not paid stays unpaid."""

    TYPE = "unified_settlement_closed"

    def command(self, head: EventHead) -> UnifiedClosed:
        return UnifiedClosed(head, self.settlement, if_revision=self.if_revision)


class UnifiedDeletedData(_UnifiedData):
    """Takes it off the list; one that runs has to be closed first. Its name stays taken."""

    TYPE = "unified_settlement_deleted"

    def command(self, head: EventHead) -> UnifiedDeleted:
        return UnifiedDeleted(head, self.settlement, if_revision=self.if_revision)


EVENTS = (UnifiedCreatedData, UnifiedEditedData, UnifiedRunData, UnifiedClosedData, UnifiedDeletedData)

"""Unified settlements: a main account pays listed bills of several accounts. Rule: R9.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle

UnifiedState = Literal["draft", "running", "completed", "closed"]
LineState = Literal["open", "paid", "dropped"]

# Reason of the holds on automatic write-off that a settlement sets and releases by itself.
UNIFIED_HOLD = "unified_settlement"
# Why a line is not paid that was open when its settlement was closed. It stays on the list.
CLOSED = "the settlement was closed"


@dataclass(frozen=True, slots=True)
class UnifiedSettlement:
    """A main account's one-time order to pay the listed bills of several accounts. Rule: R9.3.

    `external_id` is the caller's name for it. `rounds` counts how often it has paid something.
    """

    id: int
    main_id: AccountId
    external_id: str
    currency: str
    state: UnifiedState
    rounds: int
    deleted: bool


class RunningUnified(NamedTuple):
    """What a unified settlement that runs still asks for, minor units."""

    settlement_id: int
    main_id: int
    owed_minor: int


class UnifiedLine(NamedTuple):
    """One bill of a unified settlement of `main_id`, paid in the order of `line_no`.

    `listed_minor` is what was outstanding when it was listed, `paid_minor` what this settlement has paid of it;
    `settlement_name` is the caller's name for the settlement.
    """

    settlement_id: int
    line_no: int
    account_id: AccountId
    cycle: Cycle
    listed_minor: int
    paid_minor: int
    state: LineState
    main_id: AccountId
    settlement_name: str

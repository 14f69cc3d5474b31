"""Why something was left undone: an expected outcome, not an error."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class SkipReason(StrEnum):
    """Why a write-off left a bill unsettled, or an account out of a set."""

    PARKED = "parked"
    SWITCH_OFF = "switch_off"
    ON_HOLD = "on_hold"
    CHARGE_IN_FLIGHT = "charge_in_flight"
    NO_AVAILABLE_CREDIT = "no_available_credit"
    NO_FUNDS = "no_funds"
    PARTIAL_NOT_ALLOWED = "partial_not_allowed"


class Skip(NamedTuple):
    """One account and the reason its unsettled bills stay as they are."""

    account_id: int
    reason: SkipReason

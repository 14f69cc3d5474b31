"""Everything the stand-in remembers: its clock, its objects, what was charged, and what it was told to do."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from worker.gatewaysim.faults import Faults

KEYS_LIVE = {"stripe": timedelta(hours=24), "paypal": timedelta(hours=6)}


class Saved(NamedTuple):
    """The first answer to an idempotency key, given again for as long as the key is remembered."""

    fingerprint: str
    status: int
    body: Any
    at: datetime


class Charge(NamedTuple):
    """One line of the ledger: money that was really taken. `reference` is the caller's own name for it."""

    gateway: str
    id: str
    reference: str
    amount_minor: int
    currency: str
    token: str
    charged_at: datetime


class Behaviour(NamedTuple):
    """What a token does: `ok`, `declined` with a code, `action`, or `unknown` to the gateway."""

    kind: str
    code: str = ""


# By how a token begins; the longest that fits decides, so that thousands of tokens can be told apart.
BEHAVIOURS: Mapping[str, Behaviour] = {
    "pm_card_visa": Behaviour("ok"),
    "pm_card_mastercard": Behaviour("ok"),
    "pm_card_chargeDeclined": Behaviour("declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": Behaviour("declined", "insufficient_funds"),
    "pm_card_chargeDeclinedLostCard": Behaviour("declined", "lost_card"),
    "pm_card_chargeDeclinedStolenCard": Behaviour("declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": Behaviour("declined", "expired_card"),
    "pm_card_authenticationRequired": Behaviour("action"),
    "vault_ok": Behaviour("ok"),
    "vault_declined": Behaviour("declined", "INSTRUMENT_DECLINED"),
    "vault_action": Behaviour("action"),
}


@dataclass
class SimState:
    """One stand-in. Not shared between threads: the server has one."""

    seed: int = 0
    fault_rate: float = 0.0
    faults: Faults = field(default_factory=Faults)
    fixed_now: datetime | None = None
    search_lag: timedelta = timedelta(0)
    base_url: str = ""
    ledger: list[Charge] = field(default_factory=list)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[tuple[str, str], Saved] = field(default_factory=dict)
    told: dict[str, list[Behaviour]] = field(default_factory=dict)
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    delivering: int = 0
    calls: int = 0
    serial: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - faults are to come again with the same seed

    def now(self) -> datetime:
        """The stand-in's own clock, UTC: the wall clock unless one was set."""
        return self.fixed_now or datetime.now(UTC)

    def new_id(self, prefix: str) -> str:
        """An id as the provider would give: the same in the same order of calls."""
        self.serial += 1
        return f"{prefix}_sim{self.serial:08d}"

    def behaviour_of(self, token: str) -> Behaviour:
        """What this token does now. What it was told (`/sim/tokens`) comes first, one call after the other; the last
        thing told stays.
        """
        told = self.told.get(token)
        if told:
            return told.pop(0) if len(told) > 1 else told[0]
        fitting = [prefix for prefix in BEHAVIOURS if token.startswith(prefix)]
        return BEHAVIOURS[max(fitting, key=len)] if fitting else Behaviour("unknown")

    def saved(self, gateway: str, key: str) -> Saved | None:
        """The first answer to a key, while it is remembered."""
        known = self.keys.get((gateway, key))
        if known is None or self.now() - known.at >= KEYS_LIVE[gateway]:
            return None
        return known

    def save(self, gateway: str, key: str, fingerprint: str, status: int, body: Any) -> None:
        """Remembers the first answer to a key."""
        if key:
            self.keys[gateway, key] = Saved(fingerprint, status, body, self.now())

    def took(
        self, gateway: str, charge_id: str, reference: str, amount: int, currency: str, token: str
    ) -> None:
        """Money was taken: a line of the ledger."""
        self.ledger.append(Charge(gateway, charge_id, reference, amount, currency.upper(), token, self.now()))

    def happened(self, gateway: str, event_type: str, obj: dict[str, Any]) -> None:
        """Something to tell by webhook, if one is registered."""
        told = copy.deepcopy(obj)
        self.events.append({"gateway": gateway, "id": self.new_id("evt"), "type": event_type, "object": told})

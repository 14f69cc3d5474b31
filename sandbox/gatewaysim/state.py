"""Everything the stand-in remembers: its clock, its objects, what was charged, and what it was told to do."""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sandbox.gatewaysim.faults import Faults
from sandbox.gatewaysim.responses import Made

KEYS_LIVE = {
    "stripe": timedelta(hours=24),
    "paypal": timedelta(hours=6),
    "paypal-payments": timedelta(days=45),
}


class Saved(NamedTuple):
    """The first response to an idempotency key, given again for as long as the key is remembered."""

    fingerprint: str
    made: Made
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


@dataclass
class Back:
    """Money that went back of a charge, or may go back: a refund (`pending`, `succeeded`, `failed`), a dispute
    (`needs_response`, `under_review`, `won`, `lost`, `cancelled`), or the `reversal` by which PayPal shows what a
    dispute took. `moves` is what a dispute took and gave back, each with its instant; `reference` the caller's name for
    a refund.
    """

    kind: str
    charge: Charge
    id: str
    amount_minor: int
    status: str
    at: datetime
    reference: str = ""
    reason: str = ""
    is_inquiry: bool = False
    moves: list[tuple[int, datetime]] = field(default_factory=list)
    changed_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.changed_at = self.at

    @property
    def gone_minor(self) -> int:
        """How much is gone by it. A reversal is the same money as its dispute."""
        if self.kind == "refund":
            return self.amount_minor if self.status != "failed" else 0
        return sum(amount for amount, _ in self.moves)


class Change(NamedTuple):
    """An event about money that went back, for Stripe's list of events."""

    id: str
    type: str
    of: Back
    at: datetime


class Behaviour(NamedTuple):
    """What a token does: `ok`, `declined` with a code, `action`, or `unknown` to the gateway."""

    kind: str
    code: str = ""


# By how a token begins; the longest that fits decides, so that thousands of tokens can be distinguished.
BEHAVIOURS: Mapping[str, Behaviour] = {
    "pm_card_visa": Behaviour("ok"),
    "pm_card_mastercard": Behaviour("ok"),
    "pm_card_chargeDeclined": Behaviour("declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": Behaviour("declined", "insufficient_funds"),
    "pm_card_chargeDeclinedLostCard": Behaviour("declined", "lost_card"),
    "pm_card_chargeDeclinedStolenCard": Behaviour("declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": Behaviour("declined", "expired_card"),
    "pm_card_authenticationRequired": Behaviour("action"),
    "pm_card_pendingRefund": Behaviour("ok"),
    "pm_card_refundFail": Behaviour("ok"),
    "vault_ok": Behaviour("ok"),
    "vault_pendingrefund": Behaviour("ok"),
    "vault_norefund": Behaviour("ok"),
    "vault_declined": Behaviour("declined", "INSTRUMENT_DECLINED"),
    "vault_action": Behaviour("action"),
}
# What becomes of a refund of what such a token was charged; of others it is made at once.
REFUND_BEHAVIOURS: Mapping[str, Behaviour] = {
    "pm_card_pendingRefund": Behaviour("pending"),
    "vault_pendingrefund": Behaviour("pending"),
    "vault_norefund": Behaviour("refused"),
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
    charges: dict[str, Charge] = field(default_factory=dict)
    back: dict[str, Back] = field(default_factory=dict)
    back_of: dict[str, list[Back]] = field(default_factory=lambda: defaultdict(list))
    tokens: dict[str, str] = field(default_factory=dict)
    invoices: set[str] = field(default_factory=set)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[tuple[str, str], Saved] = field(default_factory=dict)
    behaviours: dict[str, list[Behaviour]] = field(default_factory=dict)
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
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
        behaviours = self.behaviours.get(token)
        if behaviours:
            return behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
        return _by_prefix(BEHAVIOURS, token) or Behaviour("unknown")

    def refund_behaviour_of(self, token: str) -> Behaviour:
        """What becomes of a refund of what this token was charged."""
        return _by_prefix(REFUND_BEHAVIOURS, token) or Behaviour("ok")

    def saved(self, gateway: str, key: str) -> Saved | None:
        """The first response to a key, while it is remembered."""
        known = self.keys.get((gateway, key))
        if known is None or self.now() - known.at >= KEYS_LIVE[gateway]:
            return None
        return known

    def save(self, gateway: str, key: str, fingerprint: str, made: Made) -> None:
        """Remembers the first response to a key."""
        if key:
            self.keys[gateway, key] = Saved(fingerprint, made, self.now())

    def took(
        self, gateway: str, charge_id: str, reference: str, amount: int, currency: str, token: str
    ) -> None:
        """Money was taken: a line of the ledger."""
        self.charges[charge_id] = Charge(
            gateway, charge_id, reference, amount, currency.upper(), token, self.now()
        )

    def gives_back(
        self, kind: str, prefix: str, charge_id: str, amount: int, status: str, **more: Any
    ) -> Back:
        """Money goes back of a charge, or may."""
        charge = self.charges[charge_id]
        made = Back(kind, charge, self.new_id(prefix), amount, status, self.now(), **more)
        self.back[made.id] = made
        self.back_of[charge_id].append(made)
        return made

    def left(self, charge_id: str) -> int:
        """What is left of a charge to go back."""
        return self.charges[charge_id].amount_minor - sum(back.gone_minor for back in self.back_of[charge_id])

    def happened(self, gateway: str, event_type: str, obj: dict[str, Any]) -> None:
        """Something to tell by webhook, if one is registered."""
        event_id = self.new_id("evt")
        event = {"gateway": gateway, "id": event_id, "type": event_type, "object": copy.deepcopy(obj)}
        self.events.append(event)
        if obj.get("id") in self.back:
            self.changes.append(Change(event_id, event_type, self.back[obj["id"]], self.now()))


def _by_prefix(known: Mapping[str, Behaviour], token: str) -> Behaviour | None:
    fitting = [prefix for prefix in known if token.startswith(prefix)]
    return known[max(fitting, key=len)] if fitting else None

"""Payment methods, and products whose activation asks for one. Rule: R5.1, R5.3."""

from __future__ import annotations

from dataclasses import dataclass

from settlement.model.commands.command import Command
from settlement.model.gateway.charges import MethodKind


@dataclass(frozen=True, slots=True)
class MethodAdded(Command):
    """A payment method by the gateway's tokens. `threshold_minor` is the account's own, in `currency`. Rule: R5.1."""

    method: str
    kind: MethodKind
    gateway: str
    customer_token: str
    method_token: str
    currency: str | None
    threshold_minor: int | None
    make_default: bool


@dataclass(frozen=True, slots=True)
class MethodMadeDefault(Command):
    """A known payment method becomes the default one."""

    method: str


@dataclass(frozen=True, slots=True)
class MethodRemoved(Command):
    """A payment method is not to be used any more."""

    method: str


@dataclass(frozen=True, slots=True)
class MethodVerification(Command):
    """Asks for a check of a payment method: a small amount held and let go. Rule: R5.3."""

    method: str


@dataclass(frozen=True, slots=True)
class ProductActivated(Command):
    """A pay-as-you-go product was activated. Rule: R5.3."""

    product: str

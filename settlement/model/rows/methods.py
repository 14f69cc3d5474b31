"""Rows to write about payment methods and what verifies them. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class NewMethod(NamedTuple):
    """A payment method to insert."""

    id: int
    account_id: int
    external_id: str
    kind: str
    gateway: str
    customer_token: str
    method_token: str
    threshold_minor: int | None


class MethodValues(NamedTuple):
    """The values a payment method, loaded or new, has afterwards."""

    id: int
    account_id: int
    is_default: bool
    state: str
    threshold_minor: int | None


class NewAuthorization(NamedTuple):
    """A pre-authorization to insert; it waits to be sent."""

    id: int
    account_id: int
    method_id: int
    product: str
    gateway: str
    customer_token: str
    method_token: str
    amount_minor: int
    currency: str


class AuthorizationValues(NamedTuple):
    """What became of a pre-authorization, and when it is looked at again."""

    id: int
    account_id: int
    state: str
    asks: int
    next_at: datetime | None
    gateway_ref: str | None
    code: str | None
    message: str | None
    sent_at: datetime | None
    finished_at: datetime | None


@dataclass(slots=True)
class MethodRows:
    """Payment methods and their pre-authorizations, new and known."""

    new: list[NewMethod] = field(default_factory=list)
    values: list[MethodValues] = field(default_factory=list)
    new_authorizations: list[NewAuthorization] = field(default_factory=list)
    authorizations: list[AuthorizationValues] = field(default_factory=list)

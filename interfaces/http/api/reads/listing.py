"""What a listing is: where, of what, in which order, by which filters. Rule: R12.5."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, get_args, get_type_hints

from interfaces.fields.field import Fields
from interfaces.http.api.reads.filters import Filter
from settlement.model.policies.policy import Policy
from settlement.model.policies.senders import Scope
from settlement.queries import accounts
from settlement.queries.operating.archives import Elsewhere

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


class Facts(Protocol):
    """What fields may depend on."""

    @property
    def policy(self) -> Policy:
        """The rules' settings."""

    def as_of(self) -> datetime:
        """The instant of the reading (UTC)."""


class Place(Generic[T]):
    """Where a row stands in the order of its listing: of one part, or of several, each of its kind."""

    def __init__(self, of: Callable[[T], Any], *kinds: type) -> None:
        self.of = of
        self.kinds = kinds

    def fits(self, value: object) -> bool:
        """May this be such a place, as a tuple where it has several parts."""
        parts = value if isinstance(value, tuple) and len(self.kinds) > 1 else (value,)
        most = 2**63 if len(self.kinds) == 1 else 2**31
        return len(parts) == len(self.kinds) and all(
            type(part) is kind and (not isinstance(part, int) or 0 <= part < most)
            for part, kind in zip(parts, self.kinds, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A listing, called `name` in JSON. `place` is where a row stands in the order of `rows`, as `after` takes it.
    `given`: what its query takes besides the filters, of the policy; `scope`: what a key has to open; `elsewhere`: what
    of these rows is in archives, by zone and filters.

    `fields` may depend on policy and time.
    """

    id: str
    path: str
    name: str
    means: str
    fields: Callable[[Facts], Fields[T]]
    rows: Callable[..., Sequence[T]]
    place: Place[T]
    filters: Sequence[Filter] = ()
    given: Callable[[Facts], Mapping[str, Any]] | None = None
    scope: Scope = "read"
    elsewhere: Callable[..., Elsewhere | None] | None = None

    @property
    def row(self) -> type[T]:
        """The type of its rows, as its query declares it."""
        (row,) = get_args(get_type_hints(inspect.unwrap(self.rows))["return"])
        return cast("type[T]", row)


def records_since(facts: Facts) -> int:
    """The month since which repayment records are presented, by the policy that holds now. Rule: R10.2a."""
    facts.as_of()
    return facts.policy.records_since


def fixed(fields: Fields[T]) -> Callable[[Facts], Fields[T]]:
    """Fields that depend on nothing."""
    return lambda _: fields


def of_account(query: Callable[..., Sequence[T]]) -> Callable[..., Sequence[T]]:
    """A query by an account's number as one by its name."""

    @wraps(query)
    def rows(tx: Connection, *, account: str, **given: Any) -> Sequence[T]:
        return query(tx, accounts.account(tx, account).id, **given)

    return rows

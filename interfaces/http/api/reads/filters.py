"""The parameters by which listings are narrowed: how each is read, and what OpenAPI says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from settlement.errors import NotFound, Refused
from settlement.model.cycle import Cycle, parse_cycle

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter by which rows are chosen. `name`: what it is called; `argument`: what the query calls it."""

    name: str
    means: str
    parse: Callable[[str], Any]
    schema: Schema
    argument: str


def named(name: str, means: str, argument: str = "") -> Filter:
    """A filter by a name that people gave."""
    return Filter(name, means, _name, {"type": "string", "minLength": 1, "maxLength": 200}, argument or name)


def flag(name: str, means: str, argument: str = "") -> Filter:
    """A filter that is on or off."""
    return Filter(name, means, _flag, {"type": "boolean"}, argument or name)


def one_state(kind: Any) -> Filter:
    """A filter by a state, of which the query takes one."""
    return Filter("state", "Only those in this state.", _one_of(kind), _enum(kind), "state")


def one_kind(kind: Any) -> Filter:
    """A filter by what something is, of which the query takes one."""
    return Filter("kind", "Only those of this kind.", _one_of(kind), _enum(kind), "kind")


def moment(name: str, means: str, argument: str = "") -> Filter:
    """A filter by an instant with its offset from UTC."""
    return Filter(name, means, _instant, {"type": "string", "format": "date-time"}, argument or name)


def any_state(kind: Any) -> Filter:
    """A filter by a state, of which the query takes several."""
    parse = _one_of(kind)
    return Filter("state", "Only those in this state.", lambda value: [parse(value)], _enum(kind), "states")


def _name(value: str) -> str:
    if not value or "\0" in value or len(value) > 200:
        raise Refused("bad_shape", "must be 1 to 200 characters without NUL")
    return value


def _flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise Refused("bad_shape", "must be true or false")
    return value == "true"


def _instant(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is not None:
            # What is beyond the years that there are is none either.
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Refused("bad_shape", "must be an instant like 2026-11-02T04:00:00Z")


def _one_of(kind: Any) -> Callable[[str], str]:
    values = get_args(kind)

    def parse(value: str) -> str:
        if value not in values:
            raise Refused("bad_shape", f"must be one of {', '.join(values)}")
        return value

    return parse


def _enum(kind: Any) -> Schema:
    return {"type": "string", "enum": list(get_args(kind))}


ACCOUNT = named("account", "Only of this account.")
MAIN = named("main", "Only of this main account.")
CYCLE = Filter(
    "cycle", "Only of this month.", parse_cycle,
    {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$", "example": "2026-10"}, "cycle",
)  # fmt: skip


def cycle_in_path(text: str) -> Cycle:
    """The month that a path names.

    Raises:
        NotFound: it is none, so nothing is there.
    """
    try:
        return parse_cycle(text)
    except Refused as error:
        raise NotFound("unknown_bill", error.message) from None

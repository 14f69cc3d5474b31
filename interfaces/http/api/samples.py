"""What things are in JSON, found by presenting a sample of them.

Fields read their rows by functions, which do not say what they return; rows say of each of their parts what it is. So a
row is made of values of these types (with everything, without what may be missing at one level or another, with nothing
in its texts and figures) and it is presented.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from interfaces.fields.values import Exact, Json, Money
from interfaces.http.api.operation import Schema, ref
from settlement.model.policies.policy import Policy


class _Facts(NamedTuple):
    policy: Policy
    at: datetime

    def as_of(self) -> datetime:
        return self.at


_AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
# A key that a sample has where any may be.
_ANY_KEY = "1"
_PLAIN: Mapping[Any, Any] = {
    bool: True, int: 1, float: 1.0, str: _ANY_KEY, Decimal: Decimal(1), date: _AT.date(), bytes: b"1",
    Any: None, object: None,
}  # fmt: skip


class Filling(NamedTuple):
    """How a sample is filled: what may be missing is, from this level on; texts and figures may be blank."""

    missing_from: int
    blank: bool = False

    @property
    def within(self) -> Filling:
        """Of what is within it."""
        return self._replace(missing_from=self.missing_from - 1)


_DEEPEST = 6
_FILLINGS = (*(Filling(level) for level in range(_DEEPEST)), Filling(_DEEPEST, blank=True))


# What fields may depend on, as it is without a deployment.
SAMPLE_FACTS = _Facts(Policy(), _AT)


class _Word(str):
    """One of several words."""

    __slots__ = ("words",)
    words: tuple[str, ...]


def schema_of(kind: Any, present: Callable[[Any], Json]) -> Schema:
    """The schema of what `present` makes of a row of this type. What a row always has is required."""
    seen = [present(sample(kind, filling)) for filling in _FILLINGS]
    return _schema(seen, is_row=True)


def sample(kind: Any, filling: Filling, name: str = "") -> Any:
    """A value of this type, which is called so where it stands."""
    kind = getattr(kind, "__supertype__", kind)
    origin, of = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if type(None) in of and filling.missing_from <= 0:
            return None
        kinds = [one for one in of if one is not type(None)]
        return sample(kinds[-1 if filling.blank else 0], filling, name)
    if origin is Literal:
        word = _Word(of[0])
        word.words = of
        return word
    if origin is tuple and of[-1] is not Ellipsis:
        return tuple(sample(one, filling, name) for one in of)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(origin)({sample(of[0], Filling(0), name): sample(of[-1], filling, name)})
    if origin is not None:
        return (sample(of[0], filling, name),)
    return _plain(kind, filling, name)


def _plain(kind: Any, filling: Filling, name: str) -> Any:
    if kind is str and "currency" in name:
        return "USD"
    if kind is int and "cycle" in name:
        return 202610
    if kind in (int, str) and filling.blank:
        return kind()
    if kind is datetime:
        # Not the same for all, for whatever divides by the time between two of them.
        return _AT + timedelta(hours=len(name))
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    return _object(kind, filling)


def _mapping(origin: type) -> Callable[[Any], Any]:
    return dict if origin.__module__ == "collections.abc" else origin


def _object(kind: Any, filling: Filling) -> Any:
    defaults = (
        {one.name for one in dataclasses.fields(kind) if one.default_factory is not dataclasses.MISSING}
        if dataclasses.is_dataclass(kind)
        else set()
    )
    parts = {name: of for name, of in get_type_hints(kind).items() if name not in defaults}
    return kind(**{name: sample(of, filling.within, name) for name, of in parts.items()})


def _schema(seen: Sequence[Any], *, is_row: bool = False) -> Schema:
    """What all of these are."""
    kinds: list[Schema] = []
    for schema in (_one(value) for value in seen):
        if schema not in kinds:
            kinds.append(schema)
    objects = [value for value in seen if isinstance(value, Mapping)]
    if objects:
        kinds = [_object_schema(objects, is_row=is_row)] + [
            one for one in kinds if one.get("type") != "object"
        ]
    arrays = [value for value in seen if isinstance(value, list | tuple)]
    if arrays:
        items = [item for array in arrays for item in array]
        kinds = [{"type": "array", "items": _schema(items) if items else {}}] + [
            one for one in kinds if one.get("type") != "array"
        ]
    if kinds == [{"type": "null"}]:
        # Something that these samples do not bring about.
        return {}
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _object_schema(seen: Sequence[Mapping[str, Any]], *, is_row: bool) -> Schema:
    names = list(dict.fromkeys(name for one in seen for name in one))
    if names == [_ANY_KEY]:
        return {"type": "object", "additionalProperties": _schema([one[_ANY_KEY] for one in seen if one])}
    properties = {name: _schema([one[name] for one in seen if name in one]) for name in names}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if is_row:
        schema["required"] = [name for name in names if all(name in one for one in seen)]
    return schema


def _one(value: Any) -> Schema:
    match value:
        case None:
            return {"type": "null"}
        case _Word():
            return {"type": "string", "enum": list(value.words)}
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case Money() | Exact():
            return ref("Amount")
        case datetime():
            return {"type": "string", "format": "date-time"}
        case date():
            return {"type": "string", "format": "date"}
        case Mapping():
            return {"type": "object"}
        case _:
            return {"type": "array"}

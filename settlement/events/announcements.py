"""The published contract of announcements, version 1, made from the facts themselves. Rule: R11.1.

They are delivered at least once and in the order of the outbox; a consumer tells repeats by the entry's `id`.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, StringConstraints, WithJsonSchema, create_model

from settlement.model.announcements.facts import Facts
from settlement.model.announcements.texts import Format, Pattern
from settlement.model.announcements.topics import PUBLISHED, TOPICS


def read_announcement(topic: str, payload: str) -> Facts:
    """An announcement from its topic and JSON text, for consumers written in Python.

    Raises:
        KeyError: the topic is not one of `settlement.model.announcements.TOPICS`.
        pydantic.ValidationError: the payload has another shape.
    """
    facts = TOPICS[topic]
    return facts(**SHAPES[facts].model_validate_json(payload).model_dump())


def _shape(facts: type[Facts]) -> type[BaseModel]:
    """A model of the facts: every field there, none besides, nothing converted."""
    fields: dict[str, Any] = {
        name: (_constrained(annotation), ...)
        for name, annotation in get_type_hints(facts, include_extras=True).items()
    }
    config = ConfigDict(extra="forbid", strict=True, frozen=True)
    return create_model(facts.__name__, __config__=config, __doc__=facts.__doc__, **fields)


def _constrained(annotation: Any) -> Any:
    """The type as pydantic checks it: a pattern becomes a constraint, also inside `X | None` and `dict[str, X]`."""
    if get_origin(annotation) is Annotated:
        base, *notes = get_args(annotation)
        return Annotated[base, *map(_constraint, notes)]
    if get_origin(annotation) is dict:
        return dict[*map(_constrained, get_args(annotation))]  # type: ignore[misc]
    if get_origin(annotation) in (Union, UnionType):
        return reduce(or_, map(_constrained, get_args(annotation)))
    return annotation


def _constraint(note: object) -> object:
    match note:
        case Pattern(text):
            return StringConstraints(pattern=text)
        case Format(text):
            return WithJsonSchema({"type": "string", "format": text})
        case _:
            return note


SHAPES: dict[type[Facts], type[BaseModel]] = {facts: _shape(facts) for facts in PUBLISHED}

"""The generated parts of docs/events.md, and docs/contracts: `python -m settlement.events.document`.

Each part of the page stands between two marks, `<!-- name -->` and `<!-- /name -->`; what else is there is written by
hand. The contracts are what `GET /v1/schemas/event`, `/v1/schemas/announcement` and `/v1/asyncapi.json` answer.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settlement.events.announcements import SHAPES
from settlement.events.asyncapi import asyncapi
from settlement.events.inbound.fields import Data
from settlement.events.registry import EVENTS
from settlement.events.schemas import published, whole
from settlement.model.announcements.topics import PUBLISHED

PAGE = Path("docs/events.md")
CONTRACTS = Path("docs/contracts")


def written(page: str) -> str:
    """The page with its generated parts made anew.

    Raises:
        ValueError: a part's marks are not there, once each.
    """
    for name, text in (("types", _types()), ("examples", _examples()), ("topics", _topics())):
        part = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->\n)", re.DOTALL)
        found = part.findall(page)
        if len(found) != 1:
            raise ValueError(f"the marks of {name!r} are {len(found)} times on the page, not once")
        page = part.sub(lambda match, text=text: f"{match[1]}{text}{match[2]}", page)  # type: ignore[misc]
    return page


def contracts() -> dict[str, str]:
    """The files of docs/contracts, by name."""
    known = published()
    documents = {
        "events.schema.json": whole(known["event"]),
        "announcements.schema.json": whole(known["announcement"]),
        "asyncapi.json": asyncapi(),
    }
    return {
        name: json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        for name, document in documents.items()
    }


def _types() -> str:
    rows = ([f"`{name}`", _data(data), _text(data.__doc__)] for name, data in EVENTS.items())
    operators = [f"`{name}`" for name, data in EVENTS.items() if data.SENDERS == "operator"]
    senders = f"an operator alone: {', '.join(operators)}" if operators else "no type is an operator's alone"
    return f"{_table(['type', '`data`', 'effect'], rows)}\nAnyone who reaches the inbox may send them; {senders}.\n"


def _examples() -> str:
    lines = "".join(
        f'{{"type": "{name}", "account": "acct-7", "data": {data.EXAMPLE}}}\n'
        for name, data in EVENTS.items()
    )
    return f"```jsonl\n{lines}```\n"


def _topics() -> str:
    rows = (
        [_names(topics), _data(SHAPES[facts]), _text(facts.__doc__)] for facts, topics in PUBLISHED.items()
    )
    return _table(["topic", "payload", "meaning"], rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _names(names: Iterable[object]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _text(docstring: str | None) -> str:
    return " ".join((docstring or "").split())


def _data(model: type[BaseModel]) -> str:
    """The fields, those that must be there first, each with what its declaration says of it."""
    fields = model.model_fields
    must = ", ".join(_field(name, field) for name, field in fields.items() if field.is_required())
    may = ", ".join(_field(name, field) for name, field in fields.items() if not field.is_required())
    if not may:
        return must
    return f"{must}; optional {may}" if must else f"all optional: {may}"


def _field(name: str, field: FieldInfo) -> str:
    kind = _kind(field.annotation)
    if isinstance(kind, type) and issubclass(kind, Data):
        return f"`{name}` ({_count(field)}{_data(kind)})"
    notes = list(_notes(kind, field))
    return f"`{name}` ({'; '.join(notes)})" if notes else f"`{name}`"


def _notes(kind: Any, field: FieldInfo) -> Iterator[str]:
    default = None if field.is_required() else field.default
    if kind == Literal[False]:
        yield "only `false`"
    elif get_origin(kind) is Literal and not field.description:
        yield ", ".join(f'`"{choice}"`' for choice in get_args(kind))
    if description := field.description or _described(field.annotation):
        yield description
    if default not in (None, "", ()):
        yield f"by default `{json.dumps(default)}`"


def _count(field: FieldInfo) -> str:
    """How many there may be, of a list."""
    bounds = {
        name: bound
        for note in field.metadata
        for name in ("min_length", "max_length")
        if (bound := getattr(note, name, None)) is not None
    }
    return f"{bounds['min_length']} to {bounds['max_length']:,} of " if bounds else ""


def _kind(annotation: Any) -> Any:
    """What a field holds, without `None`, notes and the list around it."""
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _kind(next(part for part in get_args(annotation) if part is not type(None)))
    if get_origin(annotation) is list:
        inner = _kind(get_args(annotation)[0])
        return inner if isinstance(inner, type) and issubclass(inner, Data) else annotation
    return annotation


def _described(annotation: Any) -> str | None:
    """The description of a kind of field that stands inside `X | None`."""
    for part in (annotation, *get_args(annotation)):
        for note in getattr(part, "__metadata__", ()):
            if isinstance(note, FieldInfo) and note.description:
                return note.description
    return None


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    for file, text in contracts().items():
        (CONTRACTS / file).write_text(text, "utf-8")
    sys.stdout.write(f"{PAGE} and {CONTRACTS} are written.\n")

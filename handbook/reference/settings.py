"""Every setting: its variable, what it takes, its default, and whether the database decides it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from itertools import groupby
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config.example import written_default
from config.money import MONEY, variable_of
from config.settings import DELIMITER, PREFIX, variables
from handbook.reference.markdown import code, page, table

_LEAD = (
    "Variables of the environment. An empty one means the default, and a URL, key or secret may lie in a file that "
    "`VARIABLE_FILE` names. Those with a name *in the database* move money: the variable proposes the value to a "
    "new database once, and from then on [`settle settings`](commands.md#settle-settings-set) shows and sets it, "
    "version by version ([why](../decisions/0066-settings-that-move-money-are-versions.md)). A file to start from is "
    "[config/env.example](../../config/env.example)."
)
_KINDS: dict[Any, str] = {
    str: "text", SecretStr: "secret", bool: "`true` or `false`", int: "whole number", float: "number", Path: "path",
    time: "time, `HH:MM`", ZoneInfo: "time zone, like `Europe/Berlin`",
}  # fmt: skip
_IN_DATABASE = {variable_of(name): name for name in MONEY}


def text() -> str:
    """The page."""
    groups = groupby(variables(), key=lambda item: _group(item[0]))
    return page("Settings", _LEAD, (part for name, found in groups for part in _section(name, found)))


def _group(variable: str) -> str:
    inner = variable.removeprefix(PREFIX)
    return inner.partition(DELIMITER)[0].lower() if DELIMITER in inner else ""


def _section(name: str, found: Iterator[tuple[str, FieldInfo]]) -> Iterator[str]:
    yield f"## {name or 'Servers and process'}"
    yield table(
        ("variable", "takes", "default", "meaning"),
        [
            (code(variable), kind(field), code(written_default(field)), _meaning(variable, field))
            for variable, field in found
        ],
    )


def _meaning(variable: str, field: FieldInfo) -> str:
    name = _IN_DATABASE.get(variable)
    return f"{field.description or ''}{f' In the database: {code(name)}.' if name else ''}"


def kind(field: FieldInfo) -> str:
    """What a variable takes, in words: `whole number, at least 1`."""
    return ", ".join([_of(field.annotation), *_bounds(field.metadata)])


def _of(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(inner[0])
    if origin is Literal:
        return " or ".join(code(str(value)) for value in inner)
    if origin in (Union, UnionType):
        return _of(next(one for one in inner if one is not type(None)))
    if origin is tuple:
        return f"JSON list of {_plural(inner[0])}"
    if origin is dict:
        return "JSON object"
    return _KINDS[annotation]


def _plural(annotation: Any) -> str:
    word = _of(annotation)
    return word if word.startswith("`") else {"text": "texts"}.get(word, f"{word}s")


def _bounds(metadata: list[Any]) -> Iterator[str]:
    for attribute, words in (("ge", "at least"), ("gt", "above"), ("le", "at most")):
        for one in metadata:
            if (bound := getattr(one, attribute, None)) is not None:
                yield f"{words} {bound}"

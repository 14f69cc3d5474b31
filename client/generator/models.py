"""Schemas as types: those of bodies that are received and sent become classes, in the order in which they are met."""

from __future__ import annotations

import json
import keyword
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]
HEADER = '"""{}\n\nWritten by `make docs` from the OpenAPI document: changes to this file are lost.\n"""\n\n'
# Of the same properties, a nested object is the one that the document has by name.
_FEWEST = 3
# A class that has all the fields of another, and these are so many, is made from it.
_FEWEST_SHARED = 10
# Formats of texts: as received, as sent in a body, as an argument.
_FORMATS = {
    "decimal": ("ExactDecimal", "SentDecimal", "Number"),
    "date-time": ("dt.datetime", "SentInstant", "dt.datetime | str"),
    "date": ("dt.date", "SentDate", "dt.date | str"),
}
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
RECEIVED, SENT, ARGUMENT = range(3)


class Models:
    """The classes that were met so far. `where` of a type: is it received, sent, or an argument of a method?"""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        # The module of resources that is written; what its methods return is in the module of models of that name.
        self.module = "values"
        self._components = components
        self._classes: dict[str, str] = {}
        self._returned: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._shared: dict[str, str] = {}
        self._events: set[str] = set()
        self._kinds: dict[str, int] = {"Amount": RECEIVED}
        self._unnamed: dict[str, str] = {}
        self._known = {
            _key(of["properties"]): name
            for name, of in components.items()
            if len(of.get("properties", ())) >= _FEWEST and name[0].isupper()
        }

    def type_of(self, schema: Schema, where: int, name: str) -> str:
        """The type of a value; an object without a name of its own is called so.

        Raises:
            ValueError: the schema is of a kind that this does not know.
        """
        if "$ref" in schema:
            return self.named(schema["$ref"].rpartition("/")[2], where)
        if isinstance(schema.get("type"), list):
            return self._one_of([{**schema, "type": one} for one in schema["type"]], where, name)
        if "anyOf" in schema or "oneOf" in schema:
            return self._one_of(schema.get("anyOf") or schema["oneOf"], where, name)
        if "const" in schema or "enum" in schema:
            return self._words(schema, where)
        match schema.get("type"):
            case None:
                return "Any"
            case "array":
                item = self.type_of(schema.get("items", {}), where, name)
                return f"tuple[{item}, ...]" if where == RECEIVED else f"Sequence[{item}]"
            case "object":
                return self._object(schema, where, name)
            case "string" if schema.get("format") in _FORMATS:
                return _FORMATS[schema["format"]][where]
            case kind if kind in _PLAIN:
                return _PLAIN[str(kind)]
            case _:
                pass
        raise ValueError(f"{name}: a schema of a kind that is not known: {json.dumps(schema)[:200]}")

    def named(self, name: str, where: int) -> str:
        """The class of a schema that the document has by name, which is written if it was not yet."""
        where = min(where, SENT)
        if self._kinds.setdefault(name, where) != where:
            raise ValueError(f"{name} is both sent and received")
        if name != "Amount" and name not in self._classes:
            self._add(name, self._components[name], where)
        if "" not in self._classes.values():
            self._returned.setdefault(name, self.module)
        return name

    def _add(self, name: str, schema: Schema, where: int) -> None:
        if being_written := [other for other, text in self._classes.items() if not text]:
            self._owners[name] = being_written[-1]
        self._classes[name] = ""
        # Those that it refers to are written before it, so that nothing refers to what follows.
        text = self._class(name, schema, where)
        del self._classes[name]
        self._classes[name] = text
        if not being_written:
            self._returned[name] = self.module

    @property
    def classes(self) -> list[str]:
        """The names of those that were met."""
        return list(self._classes)

    def component(self, schema: Schema) -> Schema:
        """The schema that a reference stands for; without one the schema itself."""
        return self._components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def in_modules(self) -> dict[str, dict[str, str]]:
        """The text of each class that was met, in its order, by the module that it is to be in."""
        homes: dict[str, dict[str, str]] = {}
        for name, text in self._classes.items():
            homes.setdefault(self._home(name), {})[name] = text
        return homes

    def _home(self, name: str) -> str:
        """The module of events that are sent or of what they are about; or of what returns it, or of the class that it
        is a part of.
        """
        if self._kinds[name] == SENT:
            return "sent" if name in self._events else "event_data"
        return self._returned.get(name) or self._home(self._owners[name])

    def _one_of(self, kinds: Sequence[Schema], where: int, name: str) -> str:
        found = [
            "None" if one.get("type") == "null" else self.type_of(one, where, name)
            for one in sorted(kinds, key=lambda one: one.get("type") == "null")
        ]
        return "Any" if "Any" in found else " | ".join(dict.fromkeys(found))

    def _words(self, schema: Schema, where: int) -> str:
        words = schema["enum"] if "enum" in schema else [schema["const"]]
        if where == RECEIVED:
            # A later version may have more words.
            return "bool" if isinstance(words[0], bool) else "str"
        return f"Literal[{', '.join(map(repr, words))}]"

    def _object(self, schema: Schema, where: int, name: str) -> str:
        properties = schema.get("properties", {})
        if not properties:
            more = schema.get("additionalProperties")
            of = self.type_of(more, where, name) if isinstance(more, Mapping) and more else "Any"
            return f"dict[str, {of}]"
        key = _key(properties)
        if where == RECEIVED and key in self._known:
            return self.named(self._known[key], where)
        if key not in self._unnamed:
            self._unnamed[key] = name
            if name in self._kinds or name in self._components:
                raise ValueError(f"two kinds of objects would be called {name}")
            self._kinds[name] = where
            self._add(name, schema, where)
        return self._unnamed[key]

    def _class(self, name: str, schema: Schema, where: int) -> str:
        if "oneOf" in schema and where == RECEIVED:
            schema = self._common(schema["oneOf"])
        elif "oneOf" in schema:
            self._share(name, schema["oneOf"])
            return f"{name} = {self._one_of(schema['oneOf'], where, name)}\n"
        base, inherited = self._base_of(name, schema, where)
        required = set(schema.get("required", ()))
        fields = [
            self._field(name, field, of, where, is_required=field in required)
            for field, of in schema["properties"].items()
            if field not in inherited
        ]
        about = schema.get("description") or f"{_spaced(name)}."
        return f"class {name}({base}):\n{docstring(about, 4)}\n{''.join(fields) or ''}"

    def _share(self, name: str, kinds: Sequence[Schema]) -> None:
        """A class of what all of these have alike, which each of them is made from."""
        base = f"{name}Base"
        first, *others = (self.component(one) for one in kinds)
        alike = {
            field: of
            for field, of in first["properties"].items()
            if all(one["properties"].get(field) == of for one in others)
        }
        about = f"What every {_spaced(name).lower()} has."
        self._components = {**self._components, base: {**first, "properties": alike, "description": about}}
        self.named(base, SENT)
        self._shared |= {one["$ref"].rpartition("/")[2]: base for one in kinds}
        self._events |= {name, base, *self._shared}

    def _base_of(self, name: str, schema: Schema, where: int) -> tuple[str, set[str]]:
        """The class that it is made from, and the fields that it has from there."""
        base = self._shared.get(name)
        if base is None and where == RECEIVED and name in self._components:
            own = _fields(schema)
            base = max(
                (
                    other
                    for other, of in self._components.items()
                    if len(_fields(of)) >= _FEWEST_SHARED and _fields(of).items() < own.items()
                ),
                key=lambda other: len(_fields(self._components[other])),
                default=None,
            )
        if base is None:
            return "Received" if where == RECEIVED else "Sent", set()
        return self.named(base, where), {*self._components[base]["properties"]}

    def _common(self, kinds: Sequence[Schema]) -> Schema:
        """What all of these have: a later server may send one that is none of them, and it is to be read too."""
        found = [self.component(one) for one in kinds]
        first, *others = (one["properties"] for one in found)
        properties = {}
        for name, of in first.items():
            seen = [one.get(name) for one in others]
            if any("$ref" in one for one in seen if one):
                properties[name] = {"type": "object"}
            elif None not in seen:
                properties[name] = {"type": "string"} if "const" in of else of
        return {"required": found[0].get("required", ()), "properties": properties}

    def _field(self, owner: str, name: str, schema: Schema, where: int, *, is_required: bool) -> str:
        is_word = keyword.iskeyword(name)
        if (is_word and where == SENT) or hasattr(BaseModel, name):
            raise ValueError(f"{owner}.{name} cannot be a field's name")
        kind = self.type_of(schema, where, f"{owner}{camel(name)}")
        default = ""
        if where == SENT and isinstance(schema.get("const"), str):
            default = f" = {schema['const']!r}"
        elif where == RECEIVED and not is_required and kind.startswith("tuple["):
            default = " = ()"
        elif kind == "Any" or kind.endswith("| None"):
            default = " = None"
        elif not is_required:
            kind, default = f"{kind} | None", " = None"
        if is_word:
            kept = default.removeprefix(" = ")
            name, default = f"{name}_", f' = Field({f"default={kept}, " if kept else ""}alias="{name}")'
        return f"{_comment(schema, where)}    {name}: {kind}{default}\n"


def docstring(text: str, indent: int) -> str:
    """A docstring of these paragraphs."""
    wrapped = "\n\n".join(
        textwrap.fill(" ".join(part.split()), 115 - indent) for part in text.split("\n\n")
    ).replace("\\", "\\\\")
    end = "\n" if "\n" in wrapped else ""
    return textwrap.indent(f'"""{wrapped}{end}"""', " " * indent) + "\n"


def _comment(schema: Schema, where: int) -> str:
    words = schema.get("enum") if where == RECEIVED else None
    notes = [schema.get("description", ""), f"One of {', '.join(words)}." if words else ""]
    about = " ".join(" ".join(notes).split())
    return "".join(f"    # {line}\n" for line in textwrap.wrap(about, 110))


def _fields(schema: Schema) -> dict[str, tuple[Schema, bool]]:
    """Each field, and must it be there?"""
    required = set(schema.get("required", ()))
    return {name: (of, name in required) for name, of in schema.get("properties", {}).items()}


def _key(properties: Mapping[str, Any]) -> str:
    return json.dumps(properties, sort_keys=True)


def camel(name: str) -> str:
    """`unified_settlements` as `UnifiedSettlements`."""
    return "".join(word.capitalize() for word in name.split("_"))


def _spaced(name: str) -> str:
    """`SettlementDetails` as `Settlement details`."""
    words = "".join(f" {char.lower()}" if char.isupper() else char for char in name).split()
    return " ".join(words).capitalize()

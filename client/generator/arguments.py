"""What a method is given, as its signature has it and as it hands it on."""

from __future__ import annotations

import keyword

from client.generator.models import ARGUMENT, Models, Schema, camel


def body_arguments(schema: Schema, models: Models) -> tuple[list[str], list[str]]:
    """The arguments for a body's fields, and their names; those that may be left out last."""
    required = set(schema.get("required", ()))
    own = []
    for name, of in sorted(schema["properties"].items(), key=lambda item: item[0] not in required):
        kind = models.type_of(of, ARGUMENT, camel(name))
        if name not in required:
            kind = f"{kind.removesuffix(' | None')} | None = None"
        own.append(f"{_name(name)}: {_qualified(kind, models)}")
    return own, list(schema["properties"])


def parameter(models: Models, declared: Schema) -> str:
    """The argument for a parameter of the query, which may be left out."""
    return f"{_name(declared['name'])}: {models.type_of(declared['schema'], ARGUMENT, '')} | None = None"


def _name(name: str) -> str:
    if keyword.iskeyword(name) or name in ("self", "sent", "request", "command", "models", "dt"):
        raise ValueError(f"{name} cannot be an argument's name")
    return name


def _qualified(kind: str, models: Models) -> str:
    for name in models.classes:
        kind = kind.replace(f"[{name}]", f"[models.{name}]")
        if kind.partition(" | ")[0] == name:
            kind = f"models.{kind}"
    return kind


def listed(arguments: list[str]) -> str:
    """Arguments as a signature has them."""
    return ", ".join(arguments[:-1] if arguments[-1] == "*" else arguments)


def given(names: list[str], argument: str) -> str:
    """An argument that names these; nothing, where there are none."""
    return f", {argument}={mapped(names)}" if names else ""


def mapped(names: list[str]) -> str:
    """A mapping of these names to the arguments that are called so."""
    return "{" + ", ".join(f'"{name}": {name}' for name in names) + "}"

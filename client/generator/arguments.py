"""What an operation is given, as the signatures of its methods have it."""

from __future__ import annotations

import keyword

from client.generator.models import ARGUMENT, Models, Schema, camel
from client.generator.operations import Operation


def path_arguments(one: Operation) -> list[str]:
    """The arguments for the names in its path; of a command its account is one, wherever it is sent."""
    names = one.names if "account" in one.names or not one.is_command else ["account", *one.names]
    return [f"{name}: str" for name in names]


def body_arguments(one: Operation, models: Models) -> list[str]:
    """The arguments for its body's fields that are not in its path; those that may be left out last."""
    if one.body is None:
        return []
    schema = models.component(one.body)
    required, first = set(schema.get("required", ())), path_arguments(one)
    own = []
    for name, of in sorted(schema["properties"].items(), key=lambda item: item[0] not in required):
        kind = models.type_of(of, ARGUMENT, camel(name))
        if name not in required:
            kind = f"{kind.removesuffix(' | None')} | None = None"
        own.append(f"{_name(name)}: {_qualified(kind, models)}")
    return [text for text in own if text not in first]


def parameter(models: Models, declared: Schema) -> str:
    """The argument for a parameter of the query, which may be left out."""
    return f"{_name(declared['name'])}: {models.type_of(declared['schema'], ARGUMENT, '')} | None = None"


def _name(name: str) -> str:
    if keyword.iskeyword(name) or name in ("self", "sent", "command", "operations", "models", "dt"):
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


def names_of(arguments: list[str]) -> list[str]:
    """What they are called."""
    return [text.partition(":")[0] for text in arguments]

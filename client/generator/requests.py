"""What an operation sends, as a function: the same for those who wait and for asyncio."""

from __future__ import annotations

from client.generator.arguments import body_arguments, names_of, parameter, path_arguments
from client.generator.models import Models, docstring
from client.generator.operations import SEND, Operation


def handed_on(one: Operation, models: Models) -> list[str]:
    """The arguments of the function, in their order."""
    query = [] if one.is_command else [parameter(models, declared) for declared in one.query]
    return [*path_arguments(one), *body_arguments(one, models), *query]


def function_of(one: Operation, models: Models) -> str:
    """The function of an operation."""
    arguments = ["body: Any", "wait: int | None"] if one.id == SEND else handed_on(one, models)
    signature = ", ".join(text.removesuffix(" = None") for text in arguments)
    head = f"def {one.id}({signature}) -> Request:\n{docstring(one.declared['summary'], 4)}"
    if one.id == SEND:
        return f'{head}    return request("{one.verb}", "{one.path}", body=body, wait=wait)\n'
    query = [] if one.is_command else [declared["name"] for declared in one.query]
    parts = "".join(
        f", {part}={_mapped(names)}" for part, names in (("names", one.names), ("query", query)) if names
    )
    if one.body is not None:
        parts += f", body={_mapped([*models.component(one.body)['properties']])}"
    return f'{head}    return request("{one.verb}", "{one.path}"{parts})\n'


def call_of(one: Operation, models: Models, *, without_limit: bool = False) -> str:
    """The call of it by a method, whose arguments are called the same."""
    names = names_of(handed_on(one, models))
    given = ["None" if without_limit and name == "limit" else name for name in names]
    return f"operations.{one.id}({', '.join(given)})"


def _mapped(names: list[str]) -> str:
    return "{" + ", ".join(f'"{name}": {name}' for name in names) + "}"

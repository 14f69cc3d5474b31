"""Every command of `settle` with its arguments and options, from the registry and the help texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from handbook.reference.markdown import code, page, table
from interfaces.cli.registry import PANELS, load

_LEAD = (
    "Every command has `--help`; those that read have `--json` for programs. What an exit code means is on the page of "
    "[codes](codes.md#exit-codes). `settle --debug COMMAND` shows where an error comes from."
)


def text() -> str:
    """The page."""
    return page("Commands", _LEAD, _parts())


def _parts() -> Iterator[str]:
    for panel, entries in PANELS.items():
        yield f"## {panel}"
        for entry in entries:
            yield from _command(f"settle {entry.name}", load(entry.name))


def _command(name: str, command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner:
        yield f"### {name}"
        yield _paragraphs(command.help)
        for word, one in sorted(inner.items()):
            yield from _single("####", f"{name} {word}", one)
    else:
        yield from _single("###", name, command)


def _single(level: str, name: str, command: Any) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    yield f"{level} {name}"
    yield _paragraphs(command.help)
    yield f"```text\n{' '.join([name, *_usage(arguments), *(['[OPTIONS]'] if options else [])])}\n```"
    if arguments or options:
        yield table(("argument or option", "default", "meaning"), _rows([*arguments, *options]))


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _usage(arguments: Iterable[Any]) -> Iterator[str]:
    for one in arguments:
        word = _value(one)
        yield word if one.required else f"[{word}]"


def _rows(parameters: Iterable[Any]) -> Iterator[tuple[str, str, str]]:
    for one in parameters:
        is_flag = getattr(one, "is_flag", False)
        names = ", ".join(code(name) for name in (*one.opts, *one.secondary_opts))
        value = "" if is_flag else f" {code(_value(one))}"
        named = names + value if one.param_type_name == "option" else code(_value(one))
        yield named, "required" if one.required else _default(one, is_flag=is_flag), one.help or ""


def _value(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    return str(parameter.name).upper()


def _default(parameter: Any, *, is_flag: bool) -> str:
    value = parameter.default
    if is_flag or value is None or callable(value) or value in ((), [], "", ...):
        return ""
    return code(str(getattr(value, "value", value)))

"""Exit codes of commands, statuses of the HTTP API, and the codes of refusals, each with its sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from handbook.reference.markdown import code, page, table
from interfaces.cli.failures import EXIT_CODES, ExitCode
from interfaces.http.problems import TITLES

CODE = re.compile(r"[a-z]+(_[a-z]+)*")
ROOMS = ("settlement", "worker", "interfaces")
_LEAD = (
    "A program goes by these and by nothing else that is said: sentences are for people and may change. What to do "
    "about a refused event is under [Refused events](../events.md#refused-events), about an answer of the API under "
    "[What is wrong](../api.md#what-is-wrong)."
)
_OBJECT = (
    "With `--json` an error is an object too, on the last line of standard error: its `code` is one of the last table, "
    "or the name of the exit code."
)
# Said by whoever takes events in or gives them up, before or after any rule is asked.
AROUND_RULES = ("card_number", "failed", "not_allowed")
_SENTENCES = (
    "Wherever it is found: by a rule or plan, by a command, by an ingress. `…` stands for what the sentence names. "
    f"Whoever takes events in, or gives one up, says {', '.join(f'`{word}`' for word in AROUND_RULES)} too."
)


def text() -> str:
    """The page."""
    return page("Codes", _LEAD, _parts())


def _parts() -> Iterator[str]:
    yield "## Exit codes"
    meanings = dict(_exit_meanings())
    yield table(
        ("exit code", "name", "meaning"),
        [(str(int(one)), code(one.name.lower()), meanings[int(one)]) for one in ExitCode],
    )
    yield _OBJECT
    yield "## Statuses of the HTTP API"
    yield table(("status", "title"), [(str(status), title) for status, title in sorted(TITLES.items())])
    yield "## Codes of refusals"
    yield _SENTENCES
    yield table(
        ("code", "sentence"), [(code(name), sentence) for name, sentence in sorted(refusals().items())]
    )


def _exit_meanings() -> Iterator[tuple[int, str]]:
    listed = EXIT_CODES.removeprefix("Exit codes: ").partition(". ")[0]
    for one in listed.split(", "):
        number, _, meaning = one.partition(" ")
        yield int(number), meaning


@cache
def refusals() -> dict[str, str]:
    """The codes under which something is refused, wherever that is found, each with the first sentence of its kind."""
    files = [path for room in ROOMS for path in sorted(Path(room).rglob("*.py"))]
    modules = [ast.parse(path.read_text("utf-8")) for path in files]
    words = {name: word for module in modules for name, word in _words(module)}
    found: dict[str, str] = {}
    for node in (node for module in modules for node in ast.walk(module)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Refused", "NotFound"}:
            for name, sentence in _refusal(node, words):
                found.setdefault(name, sentence)
    return found


def _words(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Constants of a module that are a code, by name."""
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if isinstance(value, str) and CODE.fullmatch(value):
                yield from ((one.id, value) for one in node.targets if isinstance(one, ast.Name))


def _refusal(call: ast.Call, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The code, written out or by the name of a constant, and the sentence."""
    if len(call.args) > 1:
        code_of = call.args[0]
        name = words.get(code_of.id) if isinstance(code_of, ast.Name) else getattr(code_of, "value", None)
        if isinstance(name, str):
            yield name, _sentence(call.args[1])


def _sentence(node: ast.expr) -> str:
    """A sentence as it is written in the code, with an ellipsis where it names something."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp):
        return _sentence(node.left) + _sentence(node.right)
    return "…"

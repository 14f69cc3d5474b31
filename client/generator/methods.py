"""Operations as methods of classes, one class a resource; for those who wait and for asyncio the same."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from client.generator.models import ARGUMENT, HEADER, RECEIVED, Models, Schema, docstring
from client.generator.names import MODULES, checked

JSON, CSV = "application/json", "text/csv"
# As many as a page has at most, for whoever wants all.
_MANY = 1_000


class Flavour(NamedTuple):
    """What differs between the two."""

    prefix: str
    wire: str
    iterator: str
    is_async: bool

    @property
    def module(self) -> str:
        """Where the wire lies."""
        return "async_wire" if self.is_async else "wire"

    @property
    def resource(self) -> str:
        """The class that every resource is of."""
        return f"{self.prefix}Resource"

    @property
    def await_(self) -> str:
        """Before a call."""
        return "await " if self.is_async else ""

    @property
    def def_(self) -> str:
        """Before a name."""
        return "async def" if self.is_async else "def"


class Operation(NamedTuple):
    """One operation of the document, with its name in the client."""

    verb: str
    path: str
    declared: Mapping[str, Any]
    method: str

    @property
    def names(self) -> list[str]:
        """The names in its path, in their order."""
        return [one["name"] for one in self.declared["parameters"] if one["in"] == "path"]

    @property
    def query(self) -> list[Schema]:
        """The parameters after the path."""
        return [one for one in self.declared["parameters"] if one["in"] == "query"]

    @property
    def headers(self) -> set[str]:
        """The parameters in headers."""
        return {one["name"] for one in self.declared["parameters"] if one["in"] == "header"}

    @property
    def response(self) -> Schema:
        """What success is."""
        contents = self.declared["responses"]["200"]["content"]
        found: Schema = contents[JSON if JSON in contents else next(iter(contents))]["schema"]
        return found

    @property
    def is_listing(self) -> bool:
        """Has it rows, and a `next`?"""
        return "next" in self.response.get("properties", {})


def resources(
    page: Mapping[str, Any], models: Models, names: Mapping[str, str], *, is_async: bool
) -> dict[str, str]:
    """The modules of all resources of a document, by name. Each imports more than it uses.

    Raises:
        ValueError: as `checked`, and what `Models` do not know.
    """
    flavour = (
        Flavour("Async", "AsyncWire", "AsyncIterator", is_async=True) if is_async
        else Flavour("", "Wire", "Iterator", is_async=False)
    )  # fmt: skip
    groups = _grouped(page, names)
    classes = {}
    for group, operations in groups.items():
        methods = [text for one in operations for text in _methods(one, models, flavour)]
        about = f"Operations: {', '.join(one.declared['operationId'] for one in operations)}."
        head = f"class {flavour.prefix}{_camel(group)}({flavour.resource}):\n{docstring(about, 4)}\n"
        classes[group] = head + "\n".join(methods)
    modules = {
        module: _head(flavour, members) + "\n\n".join(classes[group] for group in members)
        for module, members in MODULES.items()
    }
    return {**modules, "__init__": _all_of(list(groups), flavour)}


def _grouped(page: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, list[Operation]]:
    prefix = "/v1"
    found = {
        declared["operationId"]: (verb.upper(), path.removeprefix(prefix), declared)
        for path, at in page["paths"].items()
        for verb, declared in at.items()
    }
    checked(set(found), names)
    groups: dict[str, list[Operation]] = {}
    for operation, name in names.items():
        group, _, method = name.partition(".")
        groups.setdefault(group, []).append(Operation(*found[operation], method))
    return groups


def _head(flavour: Flavour, groups: Sequence[str]) -> str:
    lines = [
        "from __future__ import annotations", "", "import datetime as dt",
        f"from collections.abc import {flavour.iterator}, Mapping, Sequence",
        "from typing import Any, Literal, overload", "", "from settle_client import models",
        *sorted([
            f"from settle_client.{flavour.module} import {flavour.resource}", "from settle_client.pages import Page",
            "from settle_client.requests import command, request", "from settle_client.values import Number",
        ]),
    ]  # fmt: skip
    return HEADER.format(f"Operations of the API: {', '.join(groups)}.") + "\n".join(lines) + "\n\n\n"


_ROOM = """The operations of the API, by what they are about.

Lives here: a class for each resource, a method for each operation.
May import: `models`, `pages`, `requests`, `values` and the wire.
Start at: `bills.py`."""


def _all_of(groups: list[str], flavour: Flavour) -> str:
    package = f"settle_client.{flavour.prefix.lower()}{'_' if flavour.prefix else ''}resources"
    names = {group: f"{flavour.prefix}{_camel(group)}" for group in groups}
    imports = [
        f"from {package}.{module} import {', '.join(sorted(names[group] for group in members))}"
        for module, members in MODULES.items()
    ]
    exported = ", ".join(f'"{name}"' for name in sorted([*names.values(), f"{flavour.prefix}Resources"]))
    lines = "".join(f"        self.{group} = {name}(wire)\n" for group, name in names.items())
    return HEADER.format(_ROOM) + "\n".join([
        "from __future__ import annotations", "", *imports,
        f"from settle_client.{flavour.module} import {flavour.wire}", "", f"__all__ = [{exported}]", "", "",
        f'class {flavour.prefix}Resources:\n    """Every resource."""\n',
        f"    def __init__(self, wire: {flavour.wire}) -> None:\n{lines}",
    ])  # fmt: skip


def _methods(one: Operation, models: Models, flavour: Flavour) -> Iterator[str]:
    if one.declared["operationId"] == "post_events":
        yield from _events(models, flavour)
    elif "Idempotency-Key" in one.headers:
        yield _command(one, models, flavour)
    elif any(declared["name"] == "dry_run" for declared in one.query):
        yield _started(one, models, flavour)
    elif one.is_listing:
        yield from _listing(one, models, flavour)
    else:
        yield _single(one, models, flavour)


def _command(one: Operation, models: Models, flavour: Flavour) -> str:
    body = one.declared["requestBody"]["content"][JSON]["schema"]
    schema = models.component(body)
    own, sent = _body_arguments(schema, models)
    options = ["idempotency_key: str | None = None", "if_match: str | None = None", "wait: int | None = None"]
    names = [f"{name}: str" for name in one.names]
    if "account" not in one.names:
        # It is in the body, as there is none yet whose path it could be; first of all here as everywhere.
        names, own = ["account: str"], [text for text in own if not text.startswith("account:")]
    about = f"{schema.get('description', '')}\n\n{one.declared['summary']} {_KEYS}"
    call = (
        f'sent = command("{one.verb}", "{one.path}", names={_dict(one.names)}, body={_dict(sent)}, '
        "dry_run=dry_run, idempotency_key=idempotency_key, if_match=if_match, wait=wait)"
    )
    done, preview = models.named("Outcome", RECEIVED), models.named("Preview", RECEIVED)
    return _done_or_previewed(
        one, flavour, [*names, "*", *own], options, f"{docstring(about, 8)}        {call}", done, preview
    )


def _started(one: Operation, models: Models, flavour: Flavour) -> str:
    """Work that may be previewed: of what success is, the first is what was done."""
    own, sent = _body_arguments(
        models.component(one.declared["requestBody"]["content"][JSON]["schema"]), models
    )
    done, preview = (models.type_of(kind, RECEIVED, "") for kind in one.response["anyOf"])
    about = f"{one.declared['summary']} `dry_run`: only what it would come to, and nothing is kept."
    query = '{"dry_run": True if dry_run else None}'
    call = f'sent = request("{one.verb}", "{one.path}", query={query}, body={_dict(sent)})'
    return _done_or_previewed(
        one, flavour, ["*", *own], [], f"{docstring(about, 8)}        {call}", done, preview
    )


def _done_or_previewed(
    one: Operation,
    flavour: Flavour,
    arguments: list[str],
    options: list[str],
    sent: str,
    done: str,
    preview: str,
) -> str:
    """A method whose result is a preview where it was asked for one, and its type says so."""

    def signature(dry_run: str, returned: str) -> str:
        given = _listed(["self", *arguments, dry_run, *options])
        return f"    {flavour.def_} {one.method}({given}) -> {returned}:"

    return "\n".join([
        "    @overload", signature("dry_run: Literal[False] = False", f"models.{done}") + " ...",
        "    @overload", signature("dry_run: Literal[True]", f"models.{preview}") + " ...",
        signature("dry_run: bool = False", f"models.{done} | models.{preview}"), sent,
        f"        if dry_run:\n            return {flavour.await_}self._wire.one(models.{preview}, sent)",
        f"        return {flavour.await_}self._wire.one(models.{done}, sent)\n",
    ])  # fmt: skip


_KEYS = (
    "Under one `idempotency_key` it is done once; one is drawn where none is given. `dry_run`: only what it would pay "
    "and charge, and nothing is kept. `if_match`: the `etag` under which what it edits was read. `wait`: up to so many "
    "seconds, 30 at most, for its outcome."
)


def _listing(one: Operation, models: Models, flavour: Flavour) -> Iterator[str]:
    (rows,) = (name for name in one.response["properties"] if name != "next")
    row = models.type_of(one.response["properties"][rows]["items"], RECEIVED, _camel(rows))
    names = [f"{name}: str" for name in one.names]
    filters = [_parameter(models, declared) for declared in one.query]
    many = [f"limit: int = {_MANY}" if text.startswith("limit:") else text for text in filters]
    suffix = one.method.removeprefix("list")
    about = one.declared["summary"]
    query = [declared["name"] for declared in one.query]
    call, whole_call = (
        f'request("GET", "{one.path}"{_given(one.names, "names")}{_given(of, "query")})'
        for of in (query, [name for name in query if name != "limit"])
    )
    own = f'models.{row}, "{rows}"'

    def method(
        name: str, arguments: list[str], returned: str, text: str, body: str, define: str = "def"
    ) -> str:
        head = f"    {define} {name}({_listed(['self', *names, '*', *arguments])}) -> {returned}:\n"
        return f"{head}{docstring(text, 8)}        return {body}\n"

    yield method(
        one.method, filters, f"Page[models.{row}]", f"{about} One page.",
        f"{flavour.await_}self._wire.page({own}, {call})", flavour.def_,
    )  # fmt: skip
    if any(declared["name"] == "after" for declared in one.query):
        text = f"{about} All of them, page by page as they are taken."
        yield method(
            f"each{suffix}",
            many,
            f"{flavour.iterator}[models.{row}]",
            text,
            f"self._wire.each({own}, {call})",
        )
    if rows == "announcements":
        text = f"{about} All of them, and those to come: without an end, looked for every so many seconds."
        yield method(
            f"follow{suffix}", [*many, "every_s: float = 2.0"], f"{flavour.iterator}[models.{row}]", text,
            f"self._wire.follow({own}, {call}, every_s)",
        )  # fmt: skip
    if CSV in one.declared["responses"]["200"]["content"]:
        whole = [text for text in filters if not text.startswith("limit:")]
        yield method(
            f"csv{suffix}", whole, f"{flavour.iterator}[bytes]", f"{about} All of them as CSV, in pieces.",
            f"self._wire.csv({whole_call})",
        )  # fmt: skip


def _single(one: Operation, models: Models, flavour: Flavour) -> str:
    own: list[str] = []
    sent: list[str] = []
    if "requestBody" in one.declared:
        own, sent = _body_arguments(
            models.component(one.declared["requestBody"]["content"][JSON]["schema"]), models
        )
    arguments = ["self", *(f"{name}: str" for name in one.names), *(["*", *own] if own else [])]
    call = f'request("{one.verb}", "{one.path}"{_given(one.names, "names")}{_given(sent, "body")})'
    returned, wire = "dict[str, object]", f"document({call})"
    if "$ref" in one.response:
        returned = f"models.{models.type_of(one.response, RECEIVED, '')}"
        wire = f"one({returned}, {call})"
    head = f"    {flavour.def_} {one.method}({_listed(arguments)}) -> {returned}:\n"
    return f"{head}{docstring(one.declared['summary'], 8)}        return {flavour.await_}self._wire.{wire}\n"


def _events(models: Models, flavour: Flavour) -> Iterator[str]:
    """The one operation that has two kinds of bodies: its name says which, and so do the types."""
    event = f"models.{models.named('Event', ARGUMENT)} | Mapping[str, Any]"
    for name, argument, body, returned, about in (
        ("send", f"event: {event}", "event", "Outcome",
         "One event, which is known by its `event_id`: sent again it changes nothing."),
        ("send_batch", f"events: Sequence[{event}]", "[*events]", "Results",
         "Up to 1,000 events, with a result for each in their order: one that is refused does not end the others."),
    ):  # fmt: skip
        kind = f"models.{models.named(returned, RECEIVED)}"
        head = f"    {flavour.def_} {name}(self, {argument}, *, wait: int | None = None) -> {kind}:\n"
        call = f'self._wire.one({kind}, request("POST", "/events", body={body}, wait=wait))'
        text = docstring(f"{about} `wait`: up to so many seconds, 30 at most, for outcomes.", 8)
        yield f"{head}{text}        return {flavour.await_}{call}\n"


def _body_arguments(schema: Schema, models: Models) -> tuple[list[str], list[str]]:
    """The arguments for a body's fields, and their names; those that may be left out last."""
    required = set(schema.get("required", ()))
    own = []
    for name, of in sorted(schema["properties"].items(), key=lambda item: item[0] not in required):
        kind = models.type_of(of, ARGUMENT, _camel(name))
        if name not in required:
            kind = f"{kind.removesuffix(' | None')} | None = None"
        own.append(f"{_name(name)}: {_qualified(kind, models)}")
    return own, list(schema["properties"])


def _parameter(models: Models, declared: Schema) -> str:
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


def _listed(arguments: list[str]) -> str:
    return ", ".join(arguments[:-1] if arguments[-1] == "*" else arguments)


def _given(names: list[str], argument: str) -> str:
    """An argument that names these; nothing, where there are none."""
    return f", {argument}={_dict(names)}" if names else ""


def _dict(names: list[str]) -> str:
    return "{" + ", ".join(f'"{name}": {name}' for name in names) + "}"


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))

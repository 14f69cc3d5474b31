"""The modules of resources, one class a resource, for those who wait and for asyncio; and of what both of them send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from client.generator.flavours import Flavour
from client.generator.methods import methods_of
from client.generator.models import HEADER, Models, camel, docstring
from client.generator.names import MODULES
from client.generator.operations import Operation, grouped
from client.generator.requests import function_of


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
    groups = grouped(page, names)
    modules = {}
    for module, members in MODULES.items():
        models.module = module
        classes = (_class(group, groups[group], models, flavour) for group in members)
        modules[module] = _head(flavour, module, members) + "\n\n".join(classes)
    return {**modules, "__init__": _all_of(list(groups), flavour)}


def _class(group: str, operations: Sequence[Operation], models: Models, flavour: Flavour) -> str:
    methods = [text for one in operations for text in methods_of(one, models, flavour)]
    about = f"Operations: {', '.join(one.id for one in operations)}."
    head = f"class {flavour.prefix}{camel(group)}({flavour.resource}):\n{docstring(about, 4)}\n"
    return head + "\n".join(methods)


def requests(page: Mapping[str, Any], models: Models, names: Mapping[str, str]) -> dict[str, str]:
    """The modules of what operations send, by name, as those of the resources. Each imports more than it uses.

    Raises:
        ValueError: as `resources`.
    """
    groups = grouped(page, names)
    head = (
        "from __future__ import annotations\n\nimport datetime as dt\nfrom collections.abc import Sequence\n"
        "from typing import Any, Literal\n\nfrom settle_client import models\n"
        "from settle_client.requests import Request, request\nfrom settle_client.values import Number\n\n\n"
    )
    modules = {
        module: HEADER.format(f"What operations send: {', '.join(members)}.") + head
        + "\n\n".join(function_of(one, models) for group in members for one in groups[group])
        for module, members in MODULES.items()
    }  # fmt: skip
    return {**modules, "__init__": HEADER.format(_SENT).rstrip() + "\n"}


_SENT = """What each operation of the API sends, a function an operation, called as the OpenAPI document calls it.

Lives here: for both clients, whose methods say what they take and what they return.
May import: `models`, `requests`, `values`.
Start at: `bills.py`."""


def _head(flavour: Flavour, module: str, groups: Sequence[str]) -> str:
    lines = [
        "from __future__ import annotations", "", "import datetime as dt",
        f"from collections.abc import {flavour.iterator}, Mapping, Sequence",
        "from typing import Any, Literal, overload", "", "from settle_client import models",
        *sorted([
            f"from settle_client.{flavour.module} import {flavour.resource}", "from settle_client.pages import Page",
            f"from settle_client.operations import {module} as operations",
            "from settle_client.requests import command", "from settle_client.values import Number",
        ]),
    ]  # fmt: skip
    return HEADER.format(f"Operations of the API: {', '.join(groups)}.") + "\n".join(lines) + "\n\n\n"


_ROOM = """The operations of the API, by what they are about.

Lives here: a class for each resource, a method for each operation.
May import: `models`, `operations`, `pages`, `requests`, `values` and the wire.
Start at: `bills.py`."""


def _all_of(groups: list[str], flavour: Flavour) -> str:
    package = f"settle_client.{flavour.prefix.lower()}{'_' if flavour.prefix else ''}resources"
    names = {group: f"{flavour.prefix}{camel(group)}" for group in groups}
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

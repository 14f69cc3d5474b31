"""One operation of the API: where it is, what runs it, and what is said of it in the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.http.api.context import Api
from settlement.model.policies.senders import Scope

Schema = Mapping[str, Any]
JSON = "application/json"
CSV = "text/csv"
# What every operation may be answered with: a parameter that is not known, no key, not this key's, a fault, not now.
ALWAYS = (400, 401, 403, 500, 503)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `path` follows `/v1`; `scope` is what a key has to open, None where none is needed, or it opens
    `or_scope`.

    `body` and `responses` are schemas: of the body by kind of content, of the responses by status and kind of content.
    `problems` are the statuses of the problem documents that it may end with, beside `ALWAYS`.
    """

    id: str
    method: str
    path: str
    means: str
    scope: Scope | None
    handle: Callable[[Api, Request], Awaitable[Response]]
    responses: Mapping[int, Mapping[str, Schema]]
    tag: str
    parameters: Sequence[Schema] = ()
    body: Mapping[str, Schema] = field(default_factory=dict)
    problems: Sequence[int] = ()
    or_scope: Scope | None = None

    @property
    def in_query(self) -> list[str]:
        """The names of the parameters that its query may have."""
        return [one["name"] for one in self.parameters if one["in"] == "query"]


def parameter(where: str, name: str, means: str, schema: Schema, *, required: bool = False) -> Schema:
    """A parameter of the `query` or of a `header`."""
    return {"in": where, "name": name, "description": means, "schema": schema, "required": required}


def called(name: str, schema: Schema) -> Schema:
    """The schema, which the document declares once under this name."""
    return {"x-name": name, **schema}


def ref(name: str) -> Schema:
    """A schema that the document declares by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def path_of(path: str) -> str:
    """A path as the document has it: without what the router needs to know of its names."""
    return re.sub(r":\w+}", "}", path)


def names_in(path: str) -> list[str]:
    """The names in a path, in their order."""
    return re.findall(r"{(\w+)[:}]", path)

"""What an operation of the document is, and which resource it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from client.generator.models import Schema
from client.generator.names import checked

JSON, CSV = "application/json", "text/csv"
# The one operation that has two kinds of bodies.
SEND = "post_events"


class Operation(NamedTuple):
    """One operation of the document, with its name in the client."""

    verb: str
    path: str
    declared: Mapping[str, Any]
    method: str

    @property
    def id(self) -> str:
        """The name in the document."""
        return str(self.declared["operationId"])

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
    def body(self) -> Schema | None:
        """What is sent."""
        found: Schema | None = None
        if "requestBody" in self.declared:
            found = self.declared["requestBody"]["content"][JSON]["schema"]
        return found

    @property
    def is_command(self) -> bool:
        """Is it an event of an account, which has a key?"""
        return "Idempotency-Key" in self.headers and self.id != SEND

    @property
    def is_started(self) -> bool:
        """Is it other work that may be previewed?"""
        return not self.is_command and any(one["name"] == "dry_run" for one in self.query)

    @property
    def is_listing(self) -> bool:
        """Has it rows, and a `next`?"""
        return "next" in self.response.get("properties", {})


def grouped(page: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, list[Operation]]:
    """The operations of each resource, in the order of their names.

    Raises:
        ValueError: as `checked`.
    """
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

"""The operations of the HTTP API, from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from handbook.reference.markdown import code, page, table
from interfaces.http.api.openapi import document
from interfaces.http.api.routes import OPERATIONS, PREFIX

_LEAD = (
    "Every operation of the OpenAPI document, which `GET /v1/openapi.json` answers without a key and which has each "
    "field of each schema. How it is used, what may be repeated and what a status means is on the page of "
    "[the HTTP API](../api.md); the client for Python is [settle-client](../../client/README.md)."
)


def text() -> str:
    """The page."""
    whole = document(OPERATIONS, prefix=PREFIX)
    return page("Operations of the HTTP API", _LEAD, _parts(whole))


def _parts(whole: Mapping[str, Any]) -> Iterator[str]:
    for tag in whole["tags"]:
        yield f"## {tag['name']}"
        yield tag["description"]
        yield table(
            ("operation", "what it does", "scope", "parameters", "body, and what is answered"),
            [
                _row(method, path, one)
                for path, methods in whole["paths"].items()
                for method, one in methods.items()
                if one["tags"][0] == tag["name"]
            ],
        )


def _row(method: str, path: str, one: Mapping[str, Any]) -> Sequence[str]:
    given = [code(word["name"]) for word in one["parameters"] if word["in"] != "path"]
    scopes = [code(scope) for need in one["security"] for scope in need["key"]]
    responses = [
        response.get("content", {}) for status, response in one["responses"].items() if status < "300"
    ]
    return (
        code(f"{method.upper()} {path}"),
        one["summary"],
        " or ".join(scopes) or "none",
        ", ".join(given),
        " → ".join(
            filter(None, (_schemas(one.get("requestBody", {}).get("content", {})), _schemas(*responses)))
        ),
    )


def _schemas(*contents: Mapping[str, Any]) -> str:
    """The names of what is sent or answered; the kind of content where a schema has none."""
    found = [_names(of["schema"]) or [kind] for content in contents for kind, of in content.items()]
    return " or ".join(dict.fromkeys(code(name) for names in found for name in names))


def _names(schema: Mapping[str, Any]) -> list[str]:
    if "$ref" in schema:
        return [schema["$ref"].rpartition("/")[2]]
    return [name for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())) for name in _names(one)]

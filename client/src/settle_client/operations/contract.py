"""What operations send: contract.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from settle_client.requests import Request, request


def get_openapi() -> Request:
    """This document."""
    return request("GET", "/openapi.json")


def get_asyncapi() -> Request:
    """The AsyncAPI 3 document: streams, tasks, rows and webhooks."""
    return request("GET", "/asyncapi.json")


def list_schemas() -> Request:
    """The JSON Schemas of events and announcements that there are."""
    return request("GET", "/schemas")


def get_schema(name: str) -> Request:
    """A JSON Schema (2020-12) of an event, an announcement or its data."""
    return request("GET", "/schemas/{name}", names={"name": name})

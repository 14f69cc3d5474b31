"""Bodies that are received from `contract`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from settle_client.values import Received


class SchemasSchemas(Received):
    """Schemas schemas."""

    # A type or topic; `<name>.data` of what stands in `data`.
    name: str
    # One of event, announcement.
    of: str
    title: str
    url: str


class Schemas(Received):
    """Schemas."""

    schemas: tuple[SchemasSchemas, ...]

"""Operations of the API: contract.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.operations import contract as operations


class AsyncContract(AsyncResource):
    """Operations: get_openapi, get_asyncapi, list_schemas, get_schema."""

    async def openapi(self) -> dict[str, object]:
        """This document."""
        return await self._wire.document(operations.get_openapi())

    async def asyncapi(self) -> dict[str, object]:
        """The AsyncAPI 3 document: streams, tasks, rows and webhooks."""
        return await self._wire.document(operations.get_asyncapi())

    async def schemas(self) -> models.Schemas:
        """The JSON Schemas of events and announcements that there are."""
        return await self._wire.one(models.Schemas, operations.list_schemas())

    async def schema(self, name: str) -> dict[str, object]:
        """A JSON Schema (2020-12) of an event, an announcement or its data."""
        return await self._wire.document(operations.get_schema(name))

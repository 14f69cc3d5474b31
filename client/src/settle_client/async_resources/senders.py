"""Operations of the API: senders, keys, webhooks.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.pages import Page
from settle_client.requests import request


class AsyncSenders(AsyncResource):
    """Operations: list_senders."""

    async def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Sender]:
        """Senders that are known, by source. One page."""
        return await self._wire.page(
            models.Sender, "senders", request("GET", "/senders", query={"limit": limit, "after": after})
        )

    def each(self, *, limit: int = 1000, after: str | None = None) -> AsyncIterator[models.Sender]:
        """Senders that are known, by source. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Sender, "senders", request("GET", "/senders", query={"limit": limit, "after": after})
        )

    def csv(self, *, after: str | None = None) -> AsyncIterator[bytes]:
        """Senders that are known, by source. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/senders", query={"after": after}))


class AsyncKeys(AsyncResource):
    """Operations: list_keys."""

    async def list(
        self, *, limit: int | None = None, after: str | None = None, source: str | None = None
    ) -> Page[models.Key]:
        """Keys by their public part, without what opens anything. One page."""
        return await self._wire.page(
            models.Key,
            "keys",
            request("GET", "/keys", query={"limit": limit, "after": after, "source": source}),
        )

    def each(
        self, *, limit: int = 1000, after: str | None = None, source: str | None = None
    ) -> AsyncIterator[models.Key]:
        """Keys by their public part, without what opens anything. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Key,
            "keys",
            request("GET", "/keys", query={"limit": limit, "after": after, "source": source}),
        )

    def csv(self, *, after: str | None = None, source: str | None = None) -> AsyncIterator[bytes]:
        """Keys by their public part, without what opens anything. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/keys", query={"after": after, "source": source}))


class AsyncWebhooks(AsyncResource):
    """Operations: list_endpoints, list_deliveries."""

    async def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Endpoint]:
        """Endpoints of webhooks by name, without their secrets. One page."""
        return await self._wire.page(
            models.Endpoint, "endpoints", request("GET", "/webhooks", query={"limit": limit, "after": after})
        )

    def each(self, *, limit: int = 1000, after: str | None = None) -> AsyncIterator[models.Endpoint]:
        """Endpoints of webhooks by name, without their secrets. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Endpoint, "endpoints", request("GET", "/webhooks", query={"limit": limit, "after": after})
        )

    def csv(self, *, after: str | None = None) -> AsyncIterator[bytes]:
        """Endpoints of webhooks by name, without their secrets. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/webhooks", query={"after": after}))

    async def list_deliveries(
        self,
        endpoint: str,
        *,
        limit: int | None = None,
        after: str | None = None,
        waiting: bool | None = None,
    ) -> Page[models.Delivery]:
        """Messages to an endpoint, the newest first, with the last response to each. One page."""
        return await self._wire.page(
            models.Delivery,
            "deliveries",
            request(
                "GET",
                "/webhooks/{endpoint}/deliveries",
                names={"endpoint": endpoint},
                query={"limit": limit, "after": after, "waiting": waiting},
            ),
        )

    def each_deliveries(
        self, endpoint: str, *, limit: int = 1000, after: str | None = None, waiting: bool | None = None
    ) -> AsyncIterator[models.Delivery]:
        """Messages to an endpoint, the newest first, with the last response to each. All of them, page by page as
        they are taken.
        """
        return self._wire.each(
            models.Delivery,
            "deliveries",
            request(
                "GET",
                "/webhooks/{endpoint}/deliveries",
                names={"endpoint": endpoint},
                query={"limit": limit, "after": after, "waiting": waiting},
            ),
        )

    def csv_deliveries(
        self, endpoint: str, *, after: str | None = None, waiting: bool | None = None
    ) -> AsyncIterator[bytes]:
        """Messages to an endpoint, the newest first, with the last response to each. All of them as CSV, in pieces."""
        return self._wire.csv(
            request(
                "GET",
                "/webhooks/{endpoint}/deliveries",
                names={"endpoint": endpoint},
                query={"after": after, "waiting": waiting},
            )
        )

"""Operations of the API: senders, keys, webhooks.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from settle_client import models
from settle_client.pages import Page
from settle_client.requests import request
from settle_client.wire import Resource


class Senders(Resource):
    """Operations: list_senders."""

    def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Sender]:
        """Senders that are known, by source. One page."""
        return self._wire.page(
            models.Sender, "senders", request("GET", "/senders", query={"limit": limit, "after": after})
        )

    def each(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.Sender]:
        """Senders that are known, by source. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Sender, "senders", request("GET", "/senders", query={"limit": limit, "after": after})
        )

    def csv(self, *, after: str | None = None) -> Iterator[bytes]:
        """Senders that are known, by source. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/senders", query={"after": after}))


class Keys(Resource):
    """Operations: list_keys."""

    def list(
        self, *, limit: int | None = None, after: str | None = None, source: str | None = None
    ) -> Page[models.Key]:
        """Keys by their public part, without what opens anything. One page."""
        return self._wire.page(
            models.Key,
            "keys",
            request("GET", "/keys", query={"limit": limit, "after": after, "source": source}),
        )

    def each(
        self, *, limit: int = 1000, after: str | None = None, source: str | None = None
    ) -> Iterator[models.Key]:
        """Keys by their public part, without what opens anything. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Key,
            "keys",
            request("GET", "/keys", query={"limit": limit, "after": after, "source": source}),
        )

    def csv(self, *, after: str | None = None, source: str | None = None) -> Iterator[bytes]:
        """Keys by their public part, without what opens anything. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/keys", query={"after": after, "source": source}))


class Webhooks(Resource):
    """Operations: list_endpoints, list_deliveries."""

    def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Endpoint]:
        """Endpoints of webhooks by name, without their secrets. One page."""
        return self._wire.page(
            models.Endpoint, "endpoints", request("GET", "/webhooks", query={"limit": limit, "after": after})
        )

    def each(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.Endpoint]:
        """Endpoints of webhooks by name, without their secrets. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Endpoint, "endpoints", request("GET", "/webhooks", query={"limit": limit, "after": after})
        )

    def csv(self, *, after: str | None = None) -> Iterator[bytes]:
        """Endpoints of webhooks by name, without their secrets. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/webhooks", query={"after": after}))

    def list_deliveries(
        self,
        endpoint: str,
        *,
        limit: int | None = None,
        after: str | None = None,
        waiting: bool | None = None,
    ) -> Page[models.Delivery]:
        """Messages to an endpoint, the newest first, with the last response to each. One page."""
        return self._wire.page(
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
    ) -> Iterator[models.Delivery]:
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
    ) -> Iterator[bytes]:
        """Messages to an endpoint, the newest first, with the last response to each. All of them as CSV, in pieces."""
        return self._wire.csv(
            request(
                "GET",
                "/webhooks/{endpoint}/deliveries",
                names={"endpoint": endpoint},
                query={"after": after, "waiting": waiting},
            )
        )

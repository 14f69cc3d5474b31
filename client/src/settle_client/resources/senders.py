"""Operations of the API: senders, keys, webhooks.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from settle_client import models
from settle_client.operations import senders as operations
from settle_client.pages import Page
from settle_client.wire import Resource


class Senders(Resource):
    """Operations: list_senders."""

    def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Sender]:
        """Senders that are known, by source. One page."""
        return self._wire.page(models.Sender, "senders", operations.list_senders(limit, after))

    def each(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.Sender]:
        """Senders that are known, by source. All of them, page by page as they are taken."""
        return self._wire.each(models.Sender, "senders", operations.list_senders(limit, after))

    def csv(self, *, after: str | None = None) -> Iterator[bytes]:
        """Senders that are known, by source. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_senders(None, after))


class Keys(Resource):
    """Operations: list_keys."""

    def list(
        self, *, limit: int | None = None, after: str | None = None, source: str | None = None
    ) -> Page[models.Key]:
        """Keys by their public part, without what opens anything. One page."""
        return self._wire.page(models.Key, "keys", operations.list_keys(limit, after, source))

    def each(
        self, *, limit: int = 1000, after: str | None = None, source: str | None = None
    ) -> Iterator[models.Key]:
        """Keys by their public part, without what opens anything. All of them, page by page as they are taken."""
        return self._wire.each(models.Key, "keys", operations.list_keys(limit, after, source))

    def csv(self, *, after: str | None = None, source: str | None = None) -> Iterator[bytes]:
        """Keys by their public part, without what opens anything. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_keys(None, after, source))


class Webhooks(Resource):
    """Operations: list_endpoints, list_deliveries."""

    def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Endpoint]:
        """Endpoints of webhooks by name, without their secrets. One page."""
        return self._wire.page(models.Endpoint, "endpoints", operations.list_endpoints(limit, after))

    def each(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.Endpoint]:
        """Endpoints of webhooks by name, without their secrets. All of them, page by page as they are taken."""
        return self._wire.each(models.Endpoint, "endpoints", operations.list_endpoints(limit, after))

    def csv(self, *, after: str | None = None) -> Iterator[bytes]:
        """Endpoints of webhooks by name, without their secrets. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_endpoints(None, after))

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
            models.Delivery, "deliveries", operations.list_deliveries(endpoint, limit, after, waiting)
        )

    def each_deliveries(
        self, endpoint: str, *, limit: int = 1000, after: str | None = None, waiting: bool | None = None
    ) -> Iterator[models.Delivery]:
        """Messages to an endpoint, the newest first, with the last response to each. All of them, page by page as
        they are taken.
        """
        return self._wire.each(
            models.Delivery, "deliveries", operations.list_deliveries(endpoint, limit, after, waiting)
        )

    def csv_deliveries(
        self, endpoint: str, *, after: str | None = None, waiting: bool | None = None
    ) -> Iterator[bytes]:
        """Messages to an endpoint, the newest first, with the last response to each. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_deliveries(endpoint, None, after, waiting))

"""What operations send: senders, keys, webhooks.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from settle_client.requests import Request, request


def list_senders(limit: int | None, after: str | None) -> Request:
    """Senders that are known, by source."""
    return request("GET", "/senders", query={"limit": limit, "after": after})


def list_keys(limit: int | None, after: str | None, source: str | None) -> Request:
    """Keys by their public part, without what opens anything."""
    return request("GET", "/keys", query={"limit": limit, "after": after, "source": source})


def list_endpoints(limit: int | None, after: str | None) -> Request:
    """Endpoints of webhooks by name, without their secrets."""
    return request("GET", "/webhooks", query={"limit": limit, "after": after})


def list_deliveries(endpoint: str, limit: int | None, after: str | None, waiting: bool | None) -> Request:
    """Messages to an endpoint, the newest first, with the last response to each."""
    return request(
        "GET",
        "/webhooks/{endpoint}/deliveries",
        names={"endpoint": endpoint},
        query={"limit": limit, "after": after, "waiting": waiting},
    )

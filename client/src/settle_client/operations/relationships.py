"""What operations send: relationships.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.requests import Request, request


def request_relationship(account: str, member: str) -> Request:
    """Sends the event `relationship_requested`."""
    return request(
        "POST", "/accounts/{account}/relationships", names={"account": account}, body={"member": member}
    )


def accept_relationship(account: str, main: str) -> Request:
    """Sends the event `relationship_accepted`."""
    return request(
        "POST",
        "/accounts/{account}/relationships/{main}/accept",
        names={"account": account, "main": main},
        body={},
    )


def end_relationship(account: str, other: str) -> Request:
    """Sends the event `relationship_ended`."""
    return request(
        "POST",
        "/accounts/{account}/relationships/{other}/end",
        names={"account": account, "other": other},
        body={},
    )


def list_relationships(
    limit: int | None,
    after: str | None,
    account: str | None,
    state: Literal["pending", "valid", "ended"] | None,
) -> Request:
    """Relationships in the order of their requests."""
    return request(
        "GET", "/relationships", query={"limit": limit, "after": after, "account": account, "state": state}
    )

"""What operations send: charges, disputes, differences.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.requests import Request, request


def get_charge(charge: str) -> Request:
    """A charge, and the bills it is for."""
    return request("GET", "/charges/{charge}", names={"charge": charge})


def list_charges(
    limit: int | None,
    after: str | None,
    account: str | None,
    cycle: str | None,
    state: Literal["waiting", "sent", "unknown", "requires_action", "succeeded", "declined", "not_charged"]
    | None,
) -> Request:
    """Charges of payment methods, the newest first."""
    return request(
        "GET",
        "/charges",
        query={"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state},
    )


def get_dispute(gateway: str, dispute: str) -> Request:
    """A dispute, or a refund that a gateway made by itself, with the bills that it took back."""
    return request("GET", "/disputes/{gateway}/{dispute}", names={"gateway": gateway, "dispute": dispute})


def list_disputes(
    limit: int | None,
    after: str | None,
    account: str | None,
    kind: Literal["refund", "dispute"] | None,
    open: bool | None,
) -> Request:
    """Disputes, and refunds that gateways made by themselves, those found last first."""
    return request(
        "GET",
        "/disputes",
        query={"limit": limit, "after": after, "account": account, "kind": kind, "open": open},
    )


def list_differences(limit: int | None, after: str | None, with_closed: bool | None) -> Request:
    """Differences from gateways' books, the newest first."""
    return request("GET", "/differences", query={"limit": limit, "after": after, "with_closed": with_closed})


def list_compared_days(limit: int | None, after: str | None) -> Request:
    """Days that were compared with gateways' books, the newest first."""
    return request("GET", "/differences/days", query={"limit": limit, "after": after})


def list_left_out_days(limit: int | None, after: str | None) -> Request:
    """Days that were not compared, and that nobody compares by itself any more, the newest first."""
    return request("GET", "/differences/left-out", query={"limit": limit, "after": after})

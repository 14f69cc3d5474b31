"""What operations send: top_ups, transfers.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.requests import Request, request
from settle_client.values import Number


def top_up(account: str, amount: Number, currency: str) -> Request:
    """Sends the event `top_up`."""
    return request(
        "POST",
        "/accounts/{account}/top-ups",
        names={"account": account},
        body={"amount": amount, "currency": currency},
    )


def transfer(account: str, amount: Number, currency: str, from_account: str) -> Request:
    """Sends the event `transfer`."""
    return request(
        "POST",
        "/accounts/{account}/transfers",
        names={"account": account},
        body={"amount": amount, "currency": currency, "from_account": from_account},
    )


def pull_back(account: str, amount: Number, currency: str, from_account: str) -> Request:
    """Sends the event `transfer_pulled_back`."""
    return request(
        "POST",
        "/accounts/{account}/pull-backs",
        names={"account": account},
        body={"amount": amount, "currency": currency, "from_account": from_account},
    )


def list_transfers(
    limit: int | None, after: str | None, account: str | None, kind: Literal["sent", "pulled_back"] | None
) -> Request:
    """Money sent by main accounts to their members, or pulled back from them, the newest first."""
    return request(
        "GET", "/transfers", query={"limit": limit, "after": after, "account": account, "kind": kind}
    )

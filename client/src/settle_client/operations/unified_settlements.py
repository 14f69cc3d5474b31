"""What operations send: unified_settlements.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from settle_client import models
from settle_client.requests import Request, request


def create_settlement(
    account: str, settlement: str, accounts: Sequence[str], cycles: Sequence[str]
) -> Request:
    """Sends the event `unified_settlement_created`."""
    return request(
        "POST",
        "/accounts/{account}/unified-settlements",
        names={"account": account},
        body={"settlement": settlement, "accounts": accounts, "cycles": cycles},
    )


def edit_settlement(
    account: str,
    settlement: str,
    accounts: Sequence[str] | None,
    cycles: Sequence[str] | None,
    bills: Sequence[models.BillName] | None,
    if_revision: str | None,
) -> Request:
    """Sends the event `unified_settlement_edited`."""
    return request(
        "PATCH",
        "/accounts/{account}/unified-settlements/{settlement}",
        names={"account": account, "settlement": settlement},
        body={"accounts": accounts, "cycles": cycles, "bills": bills, "if_revision": if_revision},
    )


def run_settlement(account: str, settlement: str, if_revision: str | None) -> Request:
    """Sends the event `unified_settlement_run`."""
    return request(
        "POST",
        "/accounts/{account}/unified-settlements/{settlement}/run",
        names={"account": account, "settlement": settlement},
        body={"if_revision": if_revision},
    )


def close_settlement(account: str, settlement: str, if_revision: str | None) -> Request:
    """Sends the event `unified_settlement_closed`."""
    return request(
        "POST",
        "/accounts/{account}/unified-settlements/{settlement}/close",
        names={"account": account, "settlement": settlement},
        body={"if_revision": if_revision},
    )


def delete_settlement(account: str, settlement: str, if_revision: str | None) -> Request:
    """Sends the event `unified_settlement_deleted`."""
    return request(
        "DELETE",
        "/accounts/{account}/unified-settlements/{settlement}",
        names={"account": account, "settlement": settlement},
        body={"if_revision": if_revision},
    )


def get_settlement(account: str, settlement: str) -> Request:
    """A unified settlement."""
    return request(
        "GET",
        "/accounts/{account}/unified-settlements/{settlement}",
        names={"account": account, "settlement": settlement},
    )


def list_settlements(limit: int | None, after: str | None, main: str | None, deleted: bool | None) -> Request:
    """Unified settlements, the newest first."""
    return request(
        "GET",
        "/unified-settlements",
        query={"limit": limit, "after": after, "main": main, "deleted": deleted},
    )


def list_settlement_lines(
    account: str, settlement: str, limit: int | None, after: str | None, dropped: bool | None
) -> Request:
    """The bills of a unified settlement in the order of payment."""
    return request(
        "GET",
        "/accounts/{account}/unified-settlements/{settlement}/lines",
        names={"account": account, "settlement": settlement},
        query={"limit": limit, "after": after, "dropped": dropped},
    )

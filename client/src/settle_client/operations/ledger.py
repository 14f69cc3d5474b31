"""What operations send: ledger.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.requests import Request, request


def list_entries(
    limit: int | None,
    after: str | None,
    account: str | None,
    since: dt.datetime | str | None,
    until: dt.datetime | str | None,
) -> Request:
    """Entries of the ledger in the order of posting."""
    return request(
        "GET",
        "/ledger",
        query={"limit": limit, "after": after, "account": account, "since": since, "until": until},
    )

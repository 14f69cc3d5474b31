"""What operations send: terms.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from settle_client.requests import Request, request


def agree_term(
    account: str,
    from_cycle: str,
    period_days: int,
    until_cycle: str | None,
    settlement_cycle: Literal["monthly", "quarterly"] | None,
    day_kind: Literal["calendar", "business"] | None,
    country: str | None,
    closing_days: Sequence[dt.date | str] | None,
) -> Request:
    """Sends the event `payment_term_agreed`."""
    return request(
        "POST",
        "/accounts/{account}/terms",
        names={"account": account},
        body={
            "from_cycle": from_cycle,
            "period_days": period_days,
            "until_cycle": until_cycle,
            "settlement_cycle": settlement_cycle,
            "day_kind": day_kind,
            "country": country,
            "closing_days": closing_days,
        },
    )


def list_terms(account: str, limit: int | None, after: str | None) -> Request:
    """An account's payment terms, by the month with which they begin."""
    return request(
        "GET", "/accounts/{account}/terms", names={"account": account}, query={"limit": limit, "after": after}
    )

"""What operations send: bills, statements, repayments.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.requests import Request, request


def get_bill(account: str, cycle: str) -> Request:
    """A bill, what it is made of, and the records that are presented of its repayments."""
    return request("GET", "/accounts/{account}/bills/{cycle}", names={"account": account, "cycle": cycle})


def explain_bill(account: str, cycle: str) -> Request:
    """A bill explained: figures, payments, reasons."""
    return request(
        "GET", "/accounts/{account}/bills/{cycle}/explanation", names={"account": account, "cycle": cycle}
    )


def list_bills(
    limit: int | None,
    after: str | None,
    account: str | None,
    cycle: str | None,
    state: Literal["accruing", "unsettled", "settled"] | None,
) -> Request:
    """Bills by account, then by month."""
    return request(
        "GET",
        "/bills",
        query={"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state},
    )


def list_bill_lines(account: str, cycle: str, limit: int | None, after: str | None) -> Request:
    """What a bill is made of, the largest line first."""
    return request(
        "GET",
        "/accounts/{account}/bills/{cycle}/lines",
        names={"account": account, "cycle": cycle},
        query={"limit": limit, "after": after},
    )


def list_overdue(limit: int | None, after: str | None, account: str | None, upcoming: bool | None) -> Request:
    """Overdue bills by due date."""
    return request(
        "GET", "/overdue", query={"limit": limit, "after": after, "account": account, "upcoming": upcoming}
    )


def get_statement(account: str, cycle: str) -> Request:
    """A month with every movement."""
    return request(
        "GET", "/accounts/{account}/statements/{cycle}", names={"account": account, "cycle": cycle}
    )


def list_repayments(limit: int | None, after: str | None, account: str | None, cycle: str | None) -> Request:
    """Repayments of the months of which records are presented, by account, month and cause; those of bills with
    `records_archive` are in that archive.
    """
    return request(
        "GET", "/repayments", query={"limit": limit, "after": after, "account": account, "cycle": cycle}
    )


def get_repayment(account: str, cycle: str, cause: str) -> Request:
    """A repayment with every fund that paid."""
    return request(
        "GET",
        "/accounts/{account}/bills/{cycle}/repayments/{cause}",
        names={"account": account, "cycle": cycle, "cause": cause},
    )

"""What operations send: accounts.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client import models
from settle_client.requests import Request, request
from settle_client.values import Number


def open_account(
    account: str,
    currency: str,
    name: str | None,
    credit_control: bool | None,
    credit_limit: Number | None,
    auto_write_off: bool | None,
    write_off_past_bills: bool | None,
    opening_cash: Number | None,
) -> Request:
    """Sends the event `account_opened`."""
    return request(
        "POST",
        "/accounts",
        body={
            "account": account,
            "currency": currency,
            "name": name,
            "credit_control": credit_control,
            "credit_limit": credit_limit,
            "auto_write_off": auto_write_off,
            "write_off_past_bills": write_off_past_bills,
            "opening_cash": opening_cash,
        },
    )


def change_account(
    account: str,
    currency: str | None,
    auto_write_off: bool | None,
    write_off_past_bills: bool | None,
    credit_control: bool | None,
    credit_limit: Number | None,
    frozen_amount: Number | None,
    low_credit_line: Number | None,
    low_credit_watch: Literal[False] | None,
    hold: models.HoldData | None,
    release: models.HoldData | None,
    if_revision: str | None,
) -> Request:
    """Sends the event `account_changed`."""
    return request(
        "PATCH",
        "/accounts/{account}",
        names={"account": account},
        body={
            "currency": currency,
            "auto_write_off": auto_write_off,
            "write_off_past_bills": write_off_past_bills,
            "credit_control": credit_control,
            "credit_limit": credit_limit,
            "frozen_amount": frozen_amount,
            "low_credit_line": low_credit_line,
            "low_credit_watch": low_credit_watch,
            "hold": hold,
            "release": release,
            "if_revision": if_revision,
        },
    )


def get_account(account: str) -> Request:
    """An account with everything of its."""
    return request("GET", "/accounts/{account}", names={"account": account})


def explain_account(account: str) -> Request:
    """Every bill that is not settled, explained."""
    return request("GET", "/accounts/{account}/explanation", names={"account": account})


def list_accounts(limit: int | None, after: str | None, currency: str | None) -> Request:
    """Accounts in the order in which they were opened."""
    return request("GET", "/accounts", query={"limit": limit, "after": after, "currency": currency})


def list_parked(limit: int | None, after: str | None) -> Request:
    """Accounts whose figures did not add up."""
    return request("GET", "/parked-accounts", query={"limit": limit, "after": after})

"""Where each thing has its page, below the console's own address."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from settlement.model.cycle import cycle_text


def segment(name: object) -> str:
    """A name as a part of an address."""
    return quote(str(name), safe="")


def account_path(name: str) -> str:
    """The page of an account."""
    return f"/accounts/{segment(name)}"


def bill_path(account: str, cycle: str) -> str:
    """The page of a bill; `cycle` as `YYYY-MM`."""
    return f"/bills/{segment(account)}/{segment(cycle)}"


def repayment_path(row: Any) -> str:
    """The page of a repayment."""
    return f"/repayments/{segment(row.account)}/{cycle_text(row.cycle)}/{segment(row.cause)}"


def message_path(number: int) -> str:
    """The page of a message in quarantine."""
    return f"/quarantine/{number}"


def statement_path(account: str, cycle: str) -> str:
    """The statement of an account and a month; `cycle` as `YYYY-MM`."""
    return f"{account_path(account)}/statements/{segment(cycle)}"


def link_to_bill(row: Any) -> str:
    """The page of the bill that a row is about."""
    return bill_path(row.account, cycle_text(row.cycle))


def settlement_path(main: str, name: str) -> str:
    """The page of a unified settlement."""
    return f"/unified-settlements/{segment(main)}/{segment(name)}"


def charge_path(reference: str) -> str:
    """The page of a charge."""
    return f"/charges/{segment(reference)}"


def refund_path(reference: str) -> str:
    """The page of a refund to a payment method."""
    return f"/refunds/{segment(reference)}"


def event_path(number: int) -> str:
    """The page of an event."""
    return f"/operations/{number}"


def run_path(number: int) -> str:
    """The page of a run."""
    return f"/runs/{number}"


def replay_path(code: str) -> str:
    """The page on which all events that were set aside for a reason are tried again."""
    return f"/work/replay/{segment(code)}"


def request_path(number: int) -> str:
    """The page of an act that waits for a second person."""
    return f"/approvals/{number}"


def endpoint_path(name: str) -> str:
    """The page of an endpoint of webhooks."""
    return f"/webhooks/{segment(name)}"


def delivery_path(endpoint: str, number: int) -> str:
    """The page of a message to an endpoint."""
    return f"{endpoint_path(endpoint)}/deliveries/{number}"


def key_path(name: str) -> str:
    """The page of a key of the API."""
    return f"/keys/{segment(name)}"


def sender_path(source: str) -> str:
    """The page of a sender."""
    return f"/senders/{segment(source)}"

"""What the demonstration leaves to do: a bill to pay from the balance and by card, and a member to settle for."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.demo.cast import Event, event
from sandbox.demo.head_office import MAIN

# Its bill is paid by hand: it has some cash and a card, and nothing is written off or charged by itself.
WORKSHOP, WORKSHOP_OWES, WORKSHOP_CASH = "workshop", "400.00", "150.00"
# A member for whom its main account has not settled.
BRANCH, BRANCH_OWES = "branch-west", "45.00"
CURRENCY = "USD"
LEFT_OPEN = (WORKSHOP, BRANCH)


def left_open(at: datetime) -> list[Event]:
    """The two accounts, each with fees of the month."""
    opening = {"credit_control": True, "credit_limit": "1000", "auto_write_off": False}
    card = {
        "method": "card-1", "kind": "bank_card", "gateway": "stripe", "customer_token": f"cus_{WORKSHOP}",
        "method_token": f"pm_card_visa_{WORKSHOP}",
    }  # fmt: skip
    return [
        _event("account_opened", WORKSHOP, currency=CURRENCY, opening_cash=WORKSHOP_CASH, **opening),
        _event("payment_method_added", WORKSHOP, **card),
        _fees(WORKSHOP, WORKSHOP_OWES, at),
        _event("account_opened", BRANCH, currency=CURRENCY),
        _fees(BRANCH, BRANCH_OWES, at),
        event("demo.left", f"ask/{BRANCH}", "relationship_requested", MAIN, {"member": BRANCH}),
        _event("relationship_accepted", BRANCH, main=MAIN),
    ]


def _fees(account: str, amount: str, at: datetime) -> Event:
    fee = {
        "id": account, "amount": amount, "currency": CURRENCY, "product": "ECS",
        "incurred_at": (at - timedelta(days=1)).isoformat(),
    }  # fmt: skip
    return _event("fees", account, fees=[fee])


def _event(event_type: str, account: str, /, **data: object) -> Event:
    return event("demo.left", f"{event_type}/{account}", event_type, account, data)

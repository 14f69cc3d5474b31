"""What cannot be read, as in a currency that is gone, keeps no day from being compared. Rule: R5.7e."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest

from settlement.gateways.paypal.disputes import reversal_of
from settlement.gateways.port import Gateway
from settlement.model.gateway.unreadable import Unreadable
from settlement.operations.gateway.reconciliation import reconcile
from tests.gateways.test_contract import MADE
from tests.gateways.test_refunds_to_the_end import charged, gateway, later
from tests.gateways.test_reversals_to_the_end import TOKENS, its_id
from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.gateways.gatewaysim_calls import Calls
from tests.support.reversals import reversals
from tests.support.world import World

__all__ = ["gateway"]
DAY = timedelta(days=1)
# Of these ISO 4217 has none any more; Stripe's and PayPal's books still show what was paid in them.
GONE = ("BGN", "HRK", "ANG")


@pytest.fixture
def calls(sim: GatewaySim) -> Iterator[Calls]:
    with Calls(sim) as made:
        yield made


def charge_there(calls: Calls, gateway: Gateway, currency: str, reference: str = "") -> str:
    """Somebody charges 12.34 of a currency by the same merchant account. The provider's own id of it."""
    if gateway.name == "stripe":
        return str(calls.intent(reference=reference, currency=currency.lower()).json()["id"])
    made: Any = calls.order(reference=reference or f"shop-{uuid4()}", currency=currency).json()
    return str(made["purchase_units"][0]["payments"]["captures"][0]["id"])


def goes_back(sim: GatewaySim, its_id: str) -> None:
    """A part of it is refunded, and another disputed and lost."""
    sim.control(f"charges/{its_id}/refund", amount=200)
    sim.control(f"charges/{its_id}/dispute", amount=300)
    sim.control(f"disputes/{sim.ledger()['disputes'][-1]['id']}/lose")


@pytest.mark.parametrize("currency", GONE)
def test_charges_refunds_and_disputes_in_a_currency_that_is_gone_are_named_and_the_others_read(
    sim, calls, gateway, currency
):
    goes_back(sim, charge_there(calls, gateway, currency))
    goes_back(sim, charge_there(calls, gateway, "USD"))
    now = datetime.now(UTC)
    listed = [
        *chain(gateway.charges_between(now - DAY, now + DAY), gateway.reversals_between(now - DAY, now + DAY))
    ]
    unread = [one for one in listed if isinstance(one, Unreadable)]
    assert sorted({one.kind for one in unread}) == ["charge", "dispute", "refund"]
    assert {(one.gateway, one.reference, one.charge_reference, one.currency) for one in unread} == {
        (gateway.name, None, None, currency)
    }
    assert all(currency in one.why for one in unread)
    assert {one.currency for one in listed if not isinstance(one, Unreadable)} == {"USD"}
    assert len(listed) == 2 * len(unread)


@pytest.fixture
def paid(world: World, sim: GatewaySim, gateway: Gateway) -> World:
    """Account `a`, whose card or vaulted account was charged 1,000.00 USD."""
    charged(world, sim, gateway, TOKENS)
    return world


def compared(world: World, sim: GatewaySim, gateway: Gateway) -> Any:
    day = world.now.astimezone(world.policy.zone).date()
    later(world, sim, timedelta(hours=4))
    return reconcile(world.store, gateway, day=day, at=world.now, policy=world.policy)


def open_differences(world: World) -> list[tuple]:
    return world.rows(
        """SELECT kind, account_id IS NOT NULL, ours_minor, theirs_minor FROM reconciliation_difference
           WHERE closed_at IS NULL ORDER BY 1, 3, 4"""
    )


def test_a_day_with_them_is_compared_and_ours_of_it_is_booked(paid, sim, calls, gateway):
    for currency in GONE:
        goes_back(sim, charge_there(calls, gateway, currency))
    sim.control(f"charges/{its_id(paid)}/refund", amount=20_000)
    result = compared(paid, sim, gateway)
    assert (result.foreign, result.reversals_booked, result.differences) == (len(GONE), 1, 0)
    assert reversals(paid) == [("refund", "succeeded", 20_000, 0)]
    assert paid.one("SELECT count(*) FROM reconciliation") == 1
    assert paid.faults() == 0


def test_one_that_carries_our_reference_is_a_difference_of_its_day(paid, sim, calls, gateway):
    charge_there(calls, gateway, "BGN", reference=str(uuid4()))
    assert compared(paid, sim, gateway).differences == 1
    assert open_differences(paid) == [("missing_here", False, None, None)]
    assert paid.announced("reconciliation.") == ["reconciliation.difference"]


def test_paypals_transactions_and_disputes_over_nothing(monkeypatch, sim):
    nothing = {"currency_code": "USD", "value": "0.00"}
    at = "2026-10-05T12:00:00Z"
    entry = {
        "transaction_id": "T1", "transaction_event_code": "T0006", "transaction_status": "S",
        "transaction_amount": nothing, "transaction_initiation_date": at,
    }  # fmt: skip
    monkeypatch.setattr("settlement.gateways.paypal.gateway.transactions", lambda *_: iter([entry]))
    (charge,) = MADE["paypal"](sim).gateway.charges_between(datetime.now(UTC) - DAY, datetime.now(UTC))
    assert isinstance(charge, Unreadable)
    assert (charge.kind, charge.gateway_ref, charge.reference) == ("charge", "capture:T1", None)
    capture = {"seller_transaction_id": "C1"}
    lost = {
        "dispute_id": "PP-D-1", "create_time": at, "update_time": at, "dispute_state": "RESOLVED",
        "dispute_amount": {"currency_code": "USD", "value": "5.00"}, "disputed_transactions": [capture],
    }  # fmt: skip
    borne = lost | {"dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR", "amount_refunded": nothing}}
    assert reversal_of(borne, capture, "capture:C1").funds == "untouched"
    moved = {"party": "SELLER", "type": "DEBIT", "amount": nothing, "initiated_time": at}
    moves = [moved, moved | {"amount": {"currency_code": "USD", "value": "5.00"}}]
    taken = reversal_of(lost | {"fund_movements": moves}, capture, "capture:C1")
    assert (taken.funds, taken.amount_minor) == ("withdrawn", 500)

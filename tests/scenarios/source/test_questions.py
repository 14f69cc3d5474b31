"""The source's own question, why is my bill still unsettled: each answer as a story. Rule: R4.8."""

from __future__ import annotations

import pytest

from settlement.model.reasons import Amount
from tests.support.story import (
    at_local,
    bill_in,
    contract,
    explained,
    fee_on,
    local_instant,
    reasons,
    state,
)
from tests.support.world import World

pytestmark = pytest.mark.usefixtures("audited")


def issued(world: World, *, zone: str = "Asia/Shanghai", **account: object) -> None:
    """An account whose bill of February 2028 asks for 60.00."""
    bill_in(world, zone, "2028-02-05 09:00")
    world.open("a", **account)
    fee_on(world, "a", "60", "2028-02-29 23:59")
    at_local(world, "2028-03-02 12:00").tick()


def change(world: World, code: str) -> None:
    """Sends the first event that a reason names as what would change it."""
    reason = next(it for it in explained(world, "a", "2028-02").reasons if it.code == code)
    assert world.send(reason.events[0].type, "a", **reason.events[0].data).refused == 0


def test_available_credit_is_not_above_zero_even_with_a_balance(world: World) -> None:
    bill_in(world, "Asia/Shanghai", "2028-02-05 09:00")
    world.open("a", opening_cash="100.00", credit_limit="50.00")
    world.send("account_changed", "a", frozen_amount="20.00", currency="USD")
    fee_on(world, "a", "60", "2028-02-29 12:00")
    at_local(world, "2028-03-01 12:00")
    fee_on(world, "a", "130", "2028-03-01 12:00")
    at_local(world, "2028-03-02 12:00").tick()
    assert state(world, "a", "2028-02") == ("unsettled", 6000, 0)
    (found,) = explained(world, "a", "2028-02").reasons
    assert found.code == "no_available_credit"
    assert found.figures["available_credit"] == Amount(0, "USD")
    assert found.sentence == (
        "available credit is 0.00 USD and must be above zero: cash 100.00 USD + limit 50.00 USD - frozen 150.00 USD "
        "(of which 130.00 USD are fees of cycles not issued yet)"
    )
    change(world, "no_available_credit")
    assert state(world, "a", "2028-02") == ("settled", 6000, 6000)


def test_it_is_not_issued_yet(world: World) -> None:
    bill_in(world, "America/New_York", "2027-02-05 09:00")
    world.open("a", opening_cash="100.00")
    fee_on(world, "a", "60", "2027-02-10 12:00")
    for local in ("2027-02-28 23:59", "2027-03-02 11:59"):
        at_local(world, local).tick()
        found = explained(world, "a", "2027-02")
        assert [str(reason.code) for reason in found.reasons] == ["not_issued"]
        assert "that happens at 2027-03-02T12:00:00-05:00" in found.reasons[0].sentence
    at_local(world, "2027-03-02 12:00").tick()
    assert state(world, "a", "2027-02") == ("settled", 6000, 6000)


def test_a_user_on_credit_control_has_rules_of_its_contract(world: World) -> None:
    bill_in(world, "Asia/Shanghai", "2026-09-05 09:00")
    contract(world, "a", country="CN", day_kind="business", period_days=1, settlement_cycle="quarterly")
    fee_on(world, "a", "60", "2026-09-10 12:00")
    at_local(world, "2026-10-02 12:00").tick()
    # September ends a quarter; the 1st of October and the week after it are holidays.
    found = explained(world, "a", "2026-09")
    assert [str(reason.code) for reason in found.reasons] == ["credit_control", "no_funds"]
    assert found.reasons[0].figures["due_on"] == "2026-10-08"
    assert str(found.reasons[0].figures["due_rule"]).startswith("quarterly, 1 business days, CN; holidays ")
    at_local(world, "2026-10-09 00:00").tick()
    assert explained(world, "a", "2026-09").reasons[0].figures["state"] == "overdue"
    world.top_up("a", "60.00")
    assert state(world, "a", "2026-09") == ("settled", 6000, 6000)
    assert world.announced("account.") == ["account.overdue_ended"]


@pytest.mark.parametrize(
    ("card", "fee", "clause"),
    [
        ({"valid_from": "2028-03-01 00:00"}, {}, "not_valid_in_month"),
        ({}, {"ended": "2028-03-01 00:01"}, "spans_months"),
        ({"orders": ["o-1"]}, {"order_id": "o-2"}, "not_named_for_order"),
        ({"orders": ["o-1"]}, {}, "not_named_for_order"),
    ],
    ids=["of the month after", "a bill that spans months", "another order", "no order"],
)
def test_a_stored_value_card_has_its_restrictions(
    world: World, card: dict[str, object], fee: dict[str, str], clause: str
) -> None:
    bill_in(world, "Asia/Shanghai", "2028-02-05 09:00")
    world.open("a", credit_limit="100.00")
    valid = {"valid_from": "2028-01-01 00:00", "valid_until": "2029-01-01 00:00"}
    given = {"card": "gift", "amount": "100.00", "currency": "USD"} | valid | card
    times = {name: local_instant(world, str(given[name])) for name in valid}
    assert world.send("card_activated", "a", **(given | times)).refused == 0
    fee_on(
        world, "a", "60", "2028-02-29 23:58",
        **{name: value for name, value in fee.items() if name != "ended"},
        **({"ended_at": local_instant(world, fee["ended"])} if "ended" in fee else {}),
    )  # fmt: skip
    at_local(world, "2028-03-02 12:00").tick()
    assert state(world, "a", "2028-02") == ("unsettled", 6000, 0)
    found = explained(world, "a", "2028-02").reasons
    assert found[0].code == "card_not_usable"
    assert found[0].figures["clause"] == clause
    world.top_up("a", "60.00")
    assert state(world, "a", "2028-02") == ("settled", 6000, 6000)


def test_a_card_of_the_same_month_named_for_the_order_pays(world: World) -> None:
    bill_in(world, "Asia/Shanghai", "2028-02-05 09:00")
    world.open("a", credit_limit="100.00")
    given = {"card": "gift", "amount": "100.00", "currency": "USD", "orders": ["o-1"]}
    times = {"valid_from": "2028-02-29 23:00", "valid_until": "2028-03-02 13:00"}
    instants = {name: local_instant(world, local) for name, local in times.items()}
    assert world.send("card_activated", "a", **given, **instants).refused == 0
    fee_on(
        world,
        "a",
        "60",
        "2028-02-10 09:00",
        order_id="o-1",
        ended_at=local_instant(world, "2028-03-01 00:00"),
    )
    at_local(world, "2028-03-02 12:00").tick()
    assert state(world, "a", "2028-02") == ("settled", 6000, 6000)


def test_a_unified_settlement_holds_the_account_until_it_is_closed(world: World) -> None:
    issued(world)
    world.open("main")
    world.tie("main", "a")
    assert not world.send(
        "unified_settlement_created", "main", settlement="u1", accounts=["a"], cycles=["2028-02"]
    ).refused
    world.top_up("a", "60.00")
    found = explained(world, "a", "2028-02")
    assert [str(reason.code) for reason in found.reasons] == ["unified_settlement"]
    assert found.outlook is not None
    assert found.outlook.top_up_minor is None
    assert world.send("unified_settlement_closed", "main", settlement="u1").refused == 0
    assert state(world, "a", "2028-02") == ("settled", 6000, 6000)


def test_a_manual_payment_in_progress_holds_the_account_until_it_ends(world: World) -> None:
    issued(world, credit_control=True, auto_write_off=False)
    method = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    assert world.send("payment_method_added", "a", **method).refused == 0
    payment = {"payment": "p1", "cycle": "2028-02", "currency": "USD", "channel": "visa"}
    assert world.send("bill_payment_requested", "a", **payment).refused == 0
    world.send("account_changed", "a", auto_write_off=True)
    world.top_up("a", "60.00")
    assert reasons(world, "a", "2028-02") == ["manual_payment", "credit_control"]
    assert world.send("bill_payment_cancelled", "a", payment="p1").refused == 0
    assert state(world, "a", "2028-02") == ("settled", 6000, 6000)


def test_a_top_up_of_what_is_named_settles_it(world: World) -> None:
    issued(world, opening_cash="47.66")
    assert state(world, "a", "2028-02") == ("unsettled", 6000, 4766)
    found = explained(world, "a", "2028-02")
    assert [str(reason.code) for reason in found.reasons] == ["no_available_credit", "no_funds"]
    assert found.reasons[1].remedy == "a top-up of 12.34 USD settles it"
    world.top_up("a", "12.33")
    assert explained(world, "a", "2028-02").reasons[-1].remedy == "a top-up of 0.01 USD settles it"
    world.top_up("a", "0.01")
    assert state(world, "a", "2028-02") == ("settled", 6000, 6000)
    assert reasons(world, "a", "2028-02") == []

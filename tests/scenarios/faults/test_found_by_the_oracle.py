"""What the drawn stories of tests/oracle have found, each in its smallest form. Rule: R8.*, R9.*."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.world import World, statements

OCT = 202610


pytestmark = pytest.mark.usefixtures("audited")


def owing(world: World, *names: str, **data: Any) -> None:
    """Accounts with a bill of 50 for October that nobody has paid."""
    world.open(*names, **data)
    for name in names:
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()


def lines(world: World) -> list[tuple[str, str]]:
    return world.rows(
        "SELECT external_id, l.state FROM unified_line l JOIN account a ON a.id = account_id ORDER BY settlement_id"
    )


def test_a_member_that_leaves_keeps_what_it_pays_itself(world):
    owing(world, "main", "m")
    world.tie("main", "m")
    world.send("unified_settlement_created", "m", settlement="own", accounts=["m"], cycles=["2026-10"])
    world.send("relationship_ended", "main", other="m")
    assert lines(world) == [("m", "open")]
    assert world.rows("SELECT reason FROM write_off_hold") == [("unified_settlement",)]
    world.send("unified_settlement_run", "m", settlement="own")
    world.top_up("m", "50.00")
    world.tick()
    assert lines(world) == [("m", "paid")]
    assert world.bills("m")[OCT] == ("settled", 5_000, 5_000)


@pytest.mark.parametrize("ending", ["cancelled", "expired"])
def test_a_payment_that_stood_in_the_way_of_a_sweep_leaves_it_to_be_made_up_for(world, ending):
    world.open("a")
    world.send("account_changed", "a", hold={"reason": "manual"})
    given = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "a", **given)
    world.fee("a", "50")
    world.at("2026-11-02 04:00").tick()
    world.fee("a", "30", incurred_at="2026-11-02T03:00:00Z")
    world.at("2026-11-30 14:50")
    world.send("bill_payment_requested", "a", payment="p", cycle="2026-10", currency="USD", channel="visa")
    world.send("account_changed", "a", release={"reason": "manual"})
    world.at("2026-11-30 15:00").tick()
    assert world.attempts("a") == [("manual", "waiting", 5_000)]
    if ending == "cancelled":
        world.send("bill_payment_cancelled", "a", payment="p")
    else:
        world.at("2026-11-30 15:20").tick()
    assert world.attempts("a") == [("manual", "not_charged", 5_000), ("sweep", "waiting", 8_000)]


def test_one_payment_is_given_up_and_another_one_begun_in_one_transaction(world):
    owing(world, "a", credit_control=True, auto_write_off=False)
    given = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "a", **given)
    asked = {"cycle": "2026-10", "currency": "USD", "channel": "visa"}
    world.send("bill_payment_requested", "a", payment="p1", **asked)
    world.receive(
        world.message("bill_payment_cancelled", "a", payment="p1"),
        world.message("bill_payment_requested", "a", payment="p2", **asked),
    )
    with statements(world.store) as sent:
        assert world.drain().refused == 0
    assert world.attempts("a") == [("manual", "not_charged", 5_000), ("manual", "waiting", 5_000)]
    # All of it at once, then a look that finds nothing; not event by event after a failure.
    assert sent.count("COMMIT") == 2

"""Where acts of people meet: payments, settlements and relationships in each other's way. Rule: R8.*, R9.*."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from settlement.errors import Busy
from settlement.model.gateway.charges import ChargeResponse, Succeeded
from settlement.operations.gateway.outcomes import book_charges, book_set
from settlement.operations.reports.unified_settlements import read_position
from settlement.operations.schedule.unified_settlements import settle_unified
from tests.support.fake_gateway import FakeGateway
from tests.support.parking import end_parking, park
from tests.support.world import World, statements

OCT, NOV = 202610, 202611


pytestmark = pytest.mark.usefixtures("audited")


def owing(world: World, *names: str, **data: Any) -> None:
    """Accounts with a bill of 50 for October."""
    world.open(*names, **data)
    for name in names:
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()


def card(world: World, account: str, method: str = "visa", token: str = "ok") -> None:
    given = {"method": method, "kind": "bank_card", "gateway": "sandbox", "method_token": token}
    assert world.send("payment_method_added", account, **given).refused == 0


def pay(world: World, name: str = "p1", **data: Any) -> int:
    plain = {"payment": name, "cycle": "2026-10", "currency": "USD"}
    return world.send("bill_payment_requested", "a", **(plain | data)).refused


def unified(world: World, act: str, **data: Any) -> int:
    return world.send(f"unified_settlement_{act}", "main", settlement="u1", **data).refused


def held_bill_of_a_standard_account(world: World) -> None:
    """An account without credit control whose bill nobody collects yet, because an operator held it."""
    world.open("a")
    world.send("account_changed", "a", hold={"reason": "manual"})
    card(world, "a")
    world.fee("a", "50")
    world.at("2026-11-02 04:00").tick()
    assert world.attempts("a") == []


# --------------------------------------------------------------------------------------------- what goes on
@pytest.mark.parametrize("ending", ["cancelled", "expired"])
def test_after_a_payment_that_is_given_up_collecting_goes_on_too(world, ending):
    held_bill_of_a_standard_account(world)
    assert pay(world, amount="10", channel="visa") == 0
    world.send("account_changed", "a", release={"reason": "manual"})
    if ending == "cancelled":
        world.send("bill_payment_cancelled", "a", payment="p1")
    else:
        world.now += timedelta(minutes=30)
        world.tick()
    assert world.attempts("a") == [("manual", "not_charged", 1_000), ("issuance", "waiting", 5_000)]


def test_after_a_relationship_has_ended_collecting_goes_on_too(world):
    world.open("main")
    held_bill_of_a_standard_account(world)
    world.tie("main", "a")
    unified(world, "created", accounts=["a"], cycles=["2026-10"])
    world.send("account_changed", "a", release={"reason": "manual"})
    world.send("relationship_ended", "main", other="a")
    assert world.attempts("a") == [("issuance", "waiting", 5_000)]


def test_an_account_can_leave_a_list_more_than_once(world):
    owing(world, "m1", "m2")
    world.open("main")
    world.tie("main", "m1", "m2")
    unified(world, "created", accounts=["m1", "m2"], cycles=["2026-10"])
    for _ in range(2):
        world.top_up("m1", "10.00")
        assert unified(world, "edited", bills=[{"account": "m2", "cycle": "2026-10"}]) == 0
        assert unified(world, "edited", accounts=["m1", "m2"], cycles=["2026-10"]) == 0
    world.top_up("m1", "10.00")
    assert unified(world, "closed") == 0
    assert world.bills("m1")[OCT] == ("unsettled", 5_000, 3_000)


# --------------------------------------------------------------------------------------------- payments
def test_money_that_comes_late_leaves_what_another_payment_is_about_to_pay(world):
    owing(world, "a", auto_write_off=False, credit_control=True)
    card(world, "a")
    assert pay(world, "p1", amount="40", channel="visa") == 0
    world.send("bill_payment_cancelled", "a", payment="p1")
    assert pay(world, "p2", amount="30", channel="visa") == 0
    ((account_id,),) = world.rows("SELECT id FROM account")
    # The gateway says that it took the first one after all.
    late = ChargeResponse(account_id, 1, Succeeded("g-late", 4_000))
    book_set(world.store, [late], book_charges, at=world.now, policy=world.policy)
    assert world.one("SELECT parked_reason FROM account") is None
    assert world.bills("a")[OCT] == ("unsettled", 5_000, 2_000)
    assert world.cash("a") == 2_000
    world.charge(FakeGateway())
    assert world.bills("a")[OCT] == ("settled", 5_000, 5_000)


def test_a_payment_is_started_and_cancelled_in_one_batch(world):
    owing(world, "a", auto_write_off=False, credit_control=True)
    card(world, "a")
    ask = {"cycle": "2026-10", "currency": "USD", "channel": "visa"}
    for name in ("p1", "p2"):
        world.receive(
            world.message("bill_payment_requested", "a", payment=name, **ask),
            world.message("bill_payment_cancelled", "a", payment=name),
        )
    with statements(world.store) as sent:
        assert world.drain().refused == 0
    assert world.attempts("a") == [("manual", "not_charged", 5_000)] * 2
    # All of it at once, then a look that finds nothing; not event by event after a failure.
    assert sent.count("COMMIT") == 2


def test_what_is_set_aside_is_what_the_balance_pays_whatever_is_frozen_meanwhile(world):
    owing(world, "a", auto_write_off=False, credit_control=True)
    card(world, "a")
    world.top_up("a", "20.00")
    world.send("refund", "a", amount="5.00", currency="USD", cycle="2026-11")
    world.send("account_changed", "a", write_off_past_bills=True)
    assert pay(world, from_balance="12.00", channel="visa") == 0
    assert world.one("SELECT held_minor FROM account") == 700
    world.send("account_changed", "a", write_off_past_bills=False, frozen_amount="20.00", currency="USD")
    world.charge(FakeGateway())
    assert world.bills("a")[OCT] == ("unsettled", 5_000, 4_500)
    assert world.cash("a") == 1_300, "what the operator froze is not spent"


def test_a_refused_change_of_an_account_changes_nothing(world):
    world.open("a")
    refused = world.send(
        "account_changed", "a", auto_write_off=False, frozen_amount="1", currency="USD", low_credit_line="5",
        hold={"reason": "manual_payment"},
    )  # fmt: skip
    assert (refused.refused, world.refused()) == (1, ["reserved_hold"])
    assert world.rows("SELECT auto_write_off_enabled, frozen_minor FROM account") == [(True, 0)]
    assert world.one("SELECT count(*) FROM credit_watch") == 0


# --------------------------------------------------------------------------------------------- unified settlement
@pytest.mark.parametrize("partial", [True, False])
def test_a_parked_member_in_the_middle_is_passed_over(world, partial):
    world.policy = replace(world.policy, partial_write_off=partial)
    world.open("m1")
    world.fee("m1", "100")
    owing(world, "m2", "m3")
    world.open("main", opening_cash="90.00")
    world.tie("main", "m1", "m2", "m3")
    assert unified(world, "created", accounts=["m1", "m2", "m3"], cycles=["2026-10"]) == 0
    park(world, "m1")
    assert unified(world, "run") == 0
    assert [world.bills(name)[OCT][2] for name in ("m1", "m2", "m3")] == [0, 5_000, 4_000 if partial else 0]
    end_parking(world)
    world.top_up("main", "110.00")
    world.tick()
    assert world.announced("unified_settlement.completed") == ["unified_settlement.completed"]
    assert [world.bills(name)[OCT][0] for name in ("m1", "m2", "m3")] == ["settled"] * 3


def test_no_parked_account_is_put_on_a_list(world):
    owing(world, "m1")
    world.open("main")
    world.tie("main", "m1")
    park(world, "m1")
    assert unified(world, "created", accounts=["m1"], cycles=["2026-10"]) == 1
    assert world.refused() == ["account_parked"]


def test_a_bill_that_somebody_else_has_paid_does_not_keep_a_settlement_waiting(world):
    owing(world, "a", "m1", credit_control=True, auto_write_off=False)
    card(world, "a")
    assert pay(world, channel="visa") == 0
    world.open("main")
    world.tie("main", "a", "m1")
    unified(world, "created", accounts=["m1", "a"], cycles=["2026-10"])
    unified(world, "run")
    world.charge(FakeGateway())
    assert world.bills("a")[OCT][0] == "settled"
    world.tick()
    assert world.rows("SELECT state FROM unified_line ORDER BY line_no") == [("open",), ("paid",)]
    assert settle_unified(world.store, at=world.now, policy=world.policy) == 0, "nothing more to be done"
    world.send("relationship_ended", "main", other="m1")
    world.tick()
    assert world.announced("unified_settlement.completed") == ["unified_settlement.completed"]
    assert world.rows("SELECT 1 FROM write_off_hold") == []


def test_no_settlement_waits_behind_one_whose_accounts_are_locked(world, shared_url):
    owing(world, "m1", "m2", credit_control=True, auto_write_off=False)
    world.open("main", "other")
    world.tie("main", "m1")
    world.tie("other", "m2")
    for name, member in (("main", "m1"), ("other", "m2")):
        listed = {"accounts": [member], "cycles": ["2026-10"]}
        world.send("unified_settlement_created", name, settlement="u", **listed)
        world.send("unified_settlement_run", name, settlement="u")
        world.top_up(name, "50.00")
    with psycopg.connect(shared_url) as locking:
        locking.execute("SELECT 1 FROM account WHERE external_id = 'm1' FOR NO KEY UPDATE")
        with pytest.raises(Busy):
            settle_unified(world.store, at=world.now, policy=world.policy)
        assert [world.bills(name)[OCT][0] for name in ("m1", "m2")] == ["unsettled", "settled"]
        locking.rollback()
    assert settle_unified(world.store, at=world.now, policy=world.policy) == 1
    assert world.bills("m1")[OCT][0] == "settled"


def test_what_was_taken_off_a_list_is_not_announced_as_a_bill_of_it(world):
    owing(world, "m1", "m2")
    world.open("main", opening_cash="50.00")
    world.tie("main", "m1", "m2")
    unified(world, "created", accounts=["m1", "m2"], cycles=["2026-10"])
    unified(world, "edited", bills=[{"account": "m2", "cycle": "2026-10"}])
    unified(world, "run")
    (told,) = world.rows("SELECT payload FROM outbox WHERE topic = 'unified_settlement.completed'")
    assert (told[0]["bills"], told[0]["settled"], told[0]["paid"]) == (1, 1, "50.00")


def test_the_name_of_a_deleted_settlement_stays_taken_and_says_so(world):
    owing(world, "m1")
    world.open("main")
    world.tie("main", "m1")
    unified(world, "created", accounts=["m1"], cycles=["2026-10"])
    unified(world, "deleted")
    assert unified(world, "created", accounts=["m1"], cycles=["2026-10"]) == 1
    for act in ("run", "closed", "deleted"):
        assert unified(world, act) == 1
    assert world.refused() == ["settlement_exists", *["settlement_over"] * 3]
    said = world.rows("SELECT reason FROM inbox WHERE reason IS NOT NULL")
    assert all("deleted" in reason for (reason,) in said)


def test_what_is_missing_is_the_top_up_that_completes_a_settlement(world):
    owing(world, "main", "m1", "m2")
    world.tie("main", "m1", "m2")
    for name, member in (("u1", "m1"), ("u2", "m2")):
        listed = {"settlement": name, "accounts": [member], "cycles": ["2026-10"]}
        world.send("unified_settlement_created", "main", **listed)
        world.send("unified_settlement_run", "main", settlement=name)

    def missing(name: str) -> int:
        return read_position(
            world.store, "main", name, at=world.now, policy=world.policy, limit=0
        ).missing_minor

    told = world.rows("SELECT payload FROM outbox WHERE topic = 'unified_settlement.waiting' ORDER BY id")
    assert [payload["missing"] for (payload,) in told] == ["100.00", "150.00"]
    assert [missing("u1"), missing("u2")] == [10_000, 15_000], "its own bill first, then the older settlement"
    world.top_up("main", "100.00")
    world.tick()
    assert world.rows("SELECT state FROM unified_settlement ORDER BY id") == [("completed",), ("running",)]
    assert [missing("u1"), missing("u2")] == [0, 5_000]
    world.top_up("main", "50.00")
    world.tick()
    assert world.rows("SELECT state FROM unified_settlement ORDER BY id") == [("completed",)] * 2


def test_a_settlement_that_cannot_go_on_locks_nobody(world):
    world.policy = replace(world.policy, partial_write_off=False)
    owing(world, "m1", "m2", credit_control=True, auto_write_off=False)
    world.open("main", opening_cash="40.00")
    world.tie("main", "m1", "m2")
    unified(world, "created", accounts=["m1", "m2"], cycles=["2026-10"])
    unified(world, "run")
    with statements(world.store) as sent:
        assert settle_unified(world.store, at=world.now, policy=world.policy) == 0
    assert not any("FOR NO KEY UPDATE" in statement for statement in sent)
    world.top_up("main", "10.00")
    assert settle_unified(world.store, at=world.now, policy=world.policy) == 1
    assert [world.bills(name)[OCT][0] for name in ("m1", "m2")] == ["settled", "unsettled"]


def test_a_member_can_leave_a_settlement_that_has_paid_its_bill_and_waits_for_others(world):
    owing(world, "m1", "m2", credit_control=True)
    world.open("main", opening_cash="50.00")
    world.tie("main", "m1", "m2")
    unified(world, "created", accounts=["m1", "m2"], cycles=["2026-10"])
    unified(world, "run")
    assert [world.bills(name)[OCT][0] for name in ("m1", "m2")] == ["settled", "unsettled"]
    world.fee("m1", "20", incurred_at="2026-11-02T08:00:00Z")
    world.at("2026-12-02 04:00").tick()
    world.top_up("m1", "15.00")
    assert world.bills("m1")[NOV][2] == 0, "held while the settlement waits"
    world.send("relationship_ended", "m1", other="main")
    assert world.bills("m1")[NOV][2] == 1_500, "free, and paid at once"
    assert world.rows("SELECT external_id FROM write_off_hold JOIN account ON id = account_id") == [("m2",)]
    world.send("account_changed", "m1", auto_write_off=False)
    world.top_up("m1", "5.00")
    world.send("account_changed", "m1", auto_write_off=True, hold={"reason": "manual"})
    assert unified(world, "closed") == 0
    assert world.rows("SELECT reason FROM write_off_hold") == [("manual",)], "its own holds are its own"


def test_a_member_that_leaves_keeps_the_hold_of_its_own_settlement(world):
    owing(world, "m1")
    world.send("unified_settlement_created", "m1", settlement="own", accounts=["m1"], cycles=["2026-10"])
    world.open("main")
    world.tie("main", "m1")
    world.send("relationship_ended", "main", other="m1")
    assert world.rows("SELECT reason FROM write_off_hold") == [("unified_settlement",)]


def test_what_an_operator_froze_is_not_sent_away(world):
    world.open("main", credit_control=True, credit_limit="1000", opening_cash="100.00")
    world.open("m1")
    world.send("account_changed", "main", frozen_amount="60.00", currency="USD")
    world.tie("main", "m1")
    asked = {"currency": "USD", "from_account": "main"}
    assert world.send("transfer", "m1", amount="40.01", **asked).refused == 1
    assert world.refused() == ["insufficient_funds"]
    assert world.send("transfer", "m1", amount="40.00", **asked).refused == 0
    assert world.cash("main") == 6_000


def test_money_that_came_by_transfer_pays_its_owners_bills_and_nobody_elses(world):
    owing(world, "main", "m1", credit_control=True, auto_write_off=False)
    world.open("grand", opening_cash="70.00")
    world.tie("grand", "main")
    world.send("transfer", "main", amount="70.00", currency="USD", from_account="grand")
    world.send("relationship_ended", "grand", other="main")
    world.tie("main", "m1")
    world.top_up("main", "10.00")
    unified(world, "created", accounts=["main", "m1"], cycles=["2026-10"])
    unified(world, "run")
    assert [world.bills(name)[OCT][2] for name in ("main", "m1")] == [5_000, 1_000]
    assert world.rows("SELECT cash_minor, transferred_in_minor FROM account WHERE external_id = 'main'") == [
        (2_000, 2_000)
    ]
    (waiting,) = world.rows("SELECT payload FROM outbox WHERE topic = 'unified_settlement.waiting'")
    assert waiting[0]["missing"] == "40.00"
    with statements(world.store) as sent:
        assert settle_unified(world.store, at=world.now, policy=world.policy) == 0
    assert not any("FOR NO KEY UPDATE" in statement for statement in sent)
    world.top_up("main", "40.00")
    assert settle_unified(world.store, at=world.now, policy=world.policy) == 1
    assert (world.bills("m1")[OCT][0], world.cash("main")) == ("settled", 2_000)


def test_overdue_bills_of_the_main_account_keep_no_settlement_from_being_paid(world):
    """They keep it from sending money: that is another thing. Rule: R9.2a, R9.3c."""
    world.open("main", credit_control=True, credit_limit="1000", auto_write_off=False, opening_cash="500")
    world.send("payment_term_agreed", "main", from_cycle="2026-01", period_days=1)
    world.fee("main", "50")
    owing(world, "m")
    world.tie("main", "m")
    world.at("2026-11-05 00:00").tick()
    assert "bill.overdue" in world.announced("bill.overdue")
    transfer = {"amount": "1", "currency": "USD", "from_account": "main"}
    assert world.send("transfer", "m", **transfer).refused == 1
    assert unified(world, "created", accounts=["m"], cycles=["2026-10"]) == 0
    assert unified(world, "run") == 0
    assert world.bills("m")[OCT] == ("settled", 50_00, 50_00)
    assert world.cash("main") == 450_00

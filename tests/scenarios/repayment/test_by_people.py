"""Relationships, transfers, manual payments and unified settlements, through events. Rule: R8.*, R9.*."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from settlement.model.gateway.charges import Declined, RequiresAction, Unknown
from settlement.operations.reports.explanations import explain
from tests.support.world import World

OCT, NOV, DEC = 202610, 202611, 202612


pytestmark = pytest.mark.usefixtures("audited")


def owing(world: World, *names: str, amount: str = "50", **data: Any) -> None:
    """Accounts with an issued bill of October that nobody has paid."""
    world.open(*names, **data)
    for name in names:
        world.fee(name, amount)
    world.at("2026-11-02 04:00").tick()


def refused(world: World, kind: str, account: str, /, **data: Any) -> str:
    before = world.refused()
    world.send(kind, account, **data)
    (code,) = world.refused()[len(before) :]
    return code


def funds(world: World, account: str) -> tuple[int, int, int, int]:
    """Cash, received by transfer, of it returnable, set aside."""
    (row,) = world.rows(
        """SELECT cash_minor, transferred_in_minor, returnable_minor, held_minor FROM account
           WHERE external_id = :account""",
        account=account,
    )
    return row


def holds(world: World) -> list[tuple[str, str]]:
    return world.rows(
        "SELECT external_id, reason FROM write_off_hold JOIN account a ON a.id = account_id ORDER BY 1"
    )


# --------------------------------------------------------------------------------------------- relationships
def test_a_relationship_is_asked_for_agreed_to_and_ended(world):
    world.open("main", "m")
    world.send("relationship_requested", "main", member="m")
    assert (
        refused(world, "transfer", "m", amount="1", currency="USD", from_account="main") == "no_relationship"
    )
    world.send("relationship_accepted", "m", main="main")
    assert refused(world, "relationship_accepted", "m", main="main") == "already_valid"
    world.send("relationship_ended", "m", other="main")
    assert refused(world, "relationship_ended", "m", other="main") == "no_relationship"
    assert world.announced("relationship.") == [
        "relationship.requested", "relationship.valid", "relationship.ended",
    ]  # fmt: skip
    world.tie("main", "m")


def test_one_main_account_per_member_and_one_level_only(world):
    world.open("a", "b", "c", "d")
    world.open("e", currency="EUR")
    world.tie("a", "b")
    ask = "relationship_requested"
    assert refused(world, ask, "c", member="b") == "has_main_account"
    assert refused(world, ask, "b", member="c") == "is_a_member"
    assert refused(world, ask, "c", member="a") == "is_a_main_account"
    assert refused(world, ask, "a", member="a") == "same_account"
    assert refused(world, ask, "a", member="e") == "wrong_currency"
    assert refused(world, ask, "a", member="nobody") == "unknown_account"


# --------------------------------------------------------------------------------------------- transfers
def test_a_transfer_pays_the_members_oldest_bills_and_what_is_left_can_come_back(world):
    owing(world, "m", amount="50")
    world.open("main", opening_cash="200.00")
    world.tie("main", "m")
    world.send("transfer", "m", amount="80.00", currency="USD", from_account="main")
    assert world.bills("m")[OCT] == ("settled", 5_000, 5_000)
    assert world.one("SELECT DISTINCT initiator FROM repayment") == "transfer"
    assert funds(world, "m") == (3_000, 3_000, 3_000, 0)
    assert (
        refused(world, "transfer_pulled_back", "main", amount="30.01", currency="USD", from_account="m")
        == "insufficient_funds"
    )
    world.send("transfer_pulled_back", "main", amount="30.00", currency="USD", from_account="m")
    assert (funds(world, "main"), funds(world, "m")) == ((15_000, 0, 0, 0), (0, 0, 0, 0))


def test_with_the_switch_off_a_transfer_pays_nothing(world):
    owing(world, "m", auto_write_off=False)
    world.open("main", opening_cash="200.00")
    world.tie("main", "m")
    world.send("transfer", "m", amount="80.00", currency="USD", from_account="main")
    assert world.bills("m")[OCT] == ("unsettled", 5_000, 0)


def test_transferred_money_is_spent_first_and_never_sent_on(world):
    world.open("main", opening_cash="100.00")
    world.open("m", opening_cash="20.00")
    world.open("other")
    world.tie("main", "m")
    world.send("transfer", "m", amount="30.00", currency="USD", from_account="main")
    world.fee("m", "25")
    world.at("2026-11-02 04:00").tick()
    assert funds(world, "m") == (2_500, 500, 500, 0)
    world.send("relationship_ended", "main", other="m")
    world.tie("m", "other")
    assert (
        refused(world, "transfer", "other", amount="20.01", currency="USD", from_account="m")
        == "insufficient_funds"
    )
    world.send("transfer", "other", amount="20.00", currency="USD", from_account="m")
    assert funds(world, "m") == (500, 500, 0, 0)


def test_an_account_with_overdue_bills_sends_nothing(world):
    world.open("main", credit_control=True, credit_limit="1000", auto_write_off=False, opening_cash="500")
    world.open("m")
    world.send("payment_term_agreed", "main", from_cycle="2026-01", period_days=1)
    world.tie("main", "m")
    world.fee("main", "50")
    world.at("2026-11-05 00:00").tick()
    assert refused(world, "transfer", "m", amount="1", currency="USD", from_account="main") == "overdue"


# --------------------------------------------------------------------------------------------- manual payment
def pay(world: World, account: str, name: str = "p1", **data: Any) -> int:
    return world.send(
        "bill_payment_requested", account, **({"payment": name, "cycle": "2026-10", "currency": "USD"} | data)
    ).refused


def card(world: World, account: str, method: str = "visa") -> None:
    given = {"method": method, "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    assert world.send("payment_method_added", account, **given).refused == 0


def test_a_bill_is_paid_by_hand_from_the_balance_whatever_the_gate_says(world):
    owing(world, "a", auto_write_off=False)
    world.top_up("a", "80.00")
    assert pay(world, "a", amount="20.00") == 0
    assert pay(world, "a", "p2") == 0
    assert world.bills("a")[OCT] == ("settled", 5_000, 5_000)
    assert world.rows("SELECT initiator, amount_minor FROM repayment ORDER BY amount_minor") == [
        ("manual", 2_000), ("manual", 3_000),
    ]  # fmt: skip
    assert world.announced("payment.") == ["payment.completed"] * 2
    assert holds(world) == []


def test_refunds_of_the_month_go_before_cash_and_the_method_pays_the_rest(world, gateway):
    owing(world, "a", auto_write_off=False, credit_control=True)
    card(world, "a")
    world.top_up("a", "10.00")
    world.send("refund", "a", amount="5.00", currency="USD", cycle="2026-10")
    world.send("refund", "a", amount="7.00", currency="USD", cycle="2026-11")
    assert pay(world, "a", from_balance="12.00", channel="visa") == 0
    assert funds(world, "a") == (1_000, 0, 0, 700)
    assert holds(world) == [("a", "manual_payment")]
    assert world.one("SELECT reserved_minor FROM bill") == 5_000
    assert world.attempts("a") == [("manual", "waiting", 3_800)]
    world.charge(gateway)
    assert world.bills("a")[OCT] == ("settled", 5_000, 5_000)
    assert sorted(row[1:3] for row in world.payments("a")) == [
        ("cash", 700),
        ("external", 3_800),
        ("refund", 500),
    ]
    assert funds(world, "a") == (300, 0, 0, 0)
    assert holds(world) == []
    assert world.announced("payment.") == ["payment.started", "payment.completed"]


def test_a_second_payment_is_refused_and_names_the_first(world):
    owing(world, "a")
    card(world, "a")
    world.send("account_changed", "a", auto_write_off=False)
    world.at("2026-11-03 00:00")
    world.rows("SELECT 1")
    assert world.attempts("a") == [("issuance", "waiting", 5_000)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"amount": "50.01"}, "over_payment"), ({"amount": "0"}, "bad_amount"), ({"amount": "-1"}, "bad_amount"),
        ({"amount": "10", "from_balance": "10.01"}, "bad_amount"), ({"channel": "visa"}, "unknown_method"),
        ({"cycle": "2026-11"}, "unknown_bill"), ({"amount": "20"}, "insufficient_funds"),
        ({"currency": "EUR"}, "wrong_currency"), ({"amount": "20", "from_balance": "5"}, "no_channel"),
    ],
)  # fmt: skip
def test_a_payment_that_makes_no_sense_is_refused(world, data, code):
    owing(world, "a", auto_write_off=False)
    world.top_up("a", "15.00")
    assert pay(world, "a", **data) == 1
    assert world.refused() == [code]


def started(world: World) -> None:
    """A payment of 50, 10 of it from the balance, under way at the gateway; the account would write off by itself."""
    owing(world, "a", auto_write_off=False, credit_control=True)
    card(world, "a")
    world.top_up("a", "10.00")
    assert pay(world, "a", from_balance="10.00", channel="visa") == 0
    world.send("account_changed", "a", auto_write_off=True)


def test_while_it_runs_nothing_else_pays_the_bill_and_a_failure_lets_go(world, gateway):
    started(world)
    world.top_up("a", "5.00")
    assert world.bills("a")[OCT] == ("unsettled", 5_000, 0)
    assert refused(world, "bill_payment_requested", "a", payment="p2", cycle="2026-10", currency="USD") == (
        "payment_in_progress"
    )
    assert "p1" in world.one("SELECT reason FROM inbox WHERE reason_code = 'payment_in_progress'")
    gateway.answers = [Declined("insufficient_funds", "no", final=False)]
    world.charge(gateway)
    assert world.announced("payment.") == ["payment.started", "payment.failed"]
    assert world.bills("a")[OCT] == ("unsettled", 5_000, 1_500), "the write-off goes on by itself"
    assert (holds(world), funds(world, "a")) == ([], (0, 0, 0, 0))
    assert world.rows("SELECT declining_since FROM collecting") == [(None,)]


def test_a_lease_ends_by_itself_and_a_late_success_is_booked(world, gateway):
    started(world)
    gateway.loses = 1
    world.charge(gateway)
    world.now += timedelta(minutes=30)
    world.tick()
    assert world.announced("payment.") == ["payment.started", "payment.expired"]
    assert world.bills("a")[OCT] == ("unsettled", 5_000, 1_000)
    world.top_up("a", "40.00")
    assert world.bills("a")[OCT][0] == "settled"
    world.now += timedelta(hours=2)
    world.charge(gateway)
    assert world.attempts("a") == [("manual", "succeeded", 4_000)]
    assert funds(world, "a")[0] == 4_000, "nobody owes it any more, so it is the customer's"


def test_a_payment_that_was_not_sent_can_be_cancelled_and_one_at_the_gateway_cannot(world, gateway):
    started(world)
    world.send("bill_payment_cancelled", "a", payment="p1")
    assert world.announced("payment.") == ["payment.started", "payment.cancelled"]
    assert world.attempts("a") == [("manual", "not_charged", 4_000)]
    assert world.charge(gateway) == 0
    assert pay(world, "a", "p2", channel="visa") == 0
    gateway.answers = [Unknown("no answer")]
    world.charge(gateway)
    assert refused(world, "bill_payment_cancelled", "a", payment="p2") == "at_the_gateway"
    assert refused(world, "bill_payment_cancelled", "a", payment="p1") == "not_in_progress"


def test_the_channel_used_last_is_the_default(world, gateway):
    owing(world, "a", auto_write_off=False, credit_control=True)
    card(world, "a", "visa")
    card(world, "a", "master")
    assert pay(world, "a", "p1", amount="10", channel="visa") == 0
    world.charge(gateway)
    assert pay(world, "a", "p2", amount="10") == 0
    world.charge(gateway)
    assert world.rows("SELECT channel FROM bill_payment ORDER BY id") == [("visa",), ("visa",)]


# --------------------------------------------------------------------------------------------- unified settlement
def unified(world: World, act: str, name: str = "u1", /, **data: Any) -> int:
    return world.send(f"unified_settlement_{act}", "main", settlement=name, **data).refused


def test_listed_bills_are_paid_in_order_and_wait_for_money(world):
    owing(world, "m1", "m2", "m3")
    world.open("main", opening_cash="80.00")
    world.tie("main", "m1", "m2", "m3")
    assert unified(world, "created", accounts=["m3", "m1", "m2"], cycles=["2026-10"]) == 0
    world.top_up("m1", "100.00")
    assert world.bills("m1")[OCT] == ("unsettled", 5_000, 0), "held from its creation on"
    assert unified(world, "run") == 0
    assert [world.bills(name)[OCT][2] for name in ("m3", "m1", "m2")] == [5_000, 3_000, 0]
    assert world.cash("main") == 0
    (waiting,) = world.rows("SELECT payload FROM outbox WHERE topic = 'unified_settlement.waiting'")
    assert waiting[0]["missing"] == "70.00"
    world.top_up("main", "70.00")
    world.tick()
    assert [world.bills(name)[OCT][0] for name in ("m3", "m1", "m2")] == ["settled"] * 3
    assert (world.cash("main"), world.cash("m1"), holds(world)) == (0, 10_000, [])
    assert world.announced("unified_settlement.") == [
        "unified_settlement.created", "unified_settlement.waiting", "unified_settlement.completed",
    ]  # fmt: skip
    assert world.rows(
        "SELECT DISTINCT initiator, source FROM repayment JOIN repayment_line USING (account_id, cause)"
    ) == [("unified_settlement", "main_account")]


def test_closing_restores_the_write_off_which_runs_at_once(world):
    owing(world, "m1", "m2")
    world.open("main")
    world.tie("main", "m1", "m2")
    unified(world, "created", accounts=["m1", "m2"], cycles=["2026-10"])
    world.top_up("m1", "100.00")
    assert unified(world, "run") == 0
    assert unified(world, "closed") == 0
    assert world.bills("m1")[OCT][0] == "settled"
    assert (holds(world), unified(world, "deleted")) == ([], 0)
    assert unified(world, "run") == 1


def test_a_bill_is_in_one_open_settlement_at_most_and_two_holds_need_two_releases(world):
    owing(world, "m1")
    world.fee("m1", "30", incurred_at="2026-11-10T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    world.open("main")
    world.tie("main", "m1")
    assert unified(world, "created", "u1", accounts=["m1"], cycles=["2026-10"]) == 0
    assert unified(world, "created", "u2", accounts=["m1"], cycles=["2026-11", "2026-10"]) == 1
    assert unified(world, "created", "u3", accounts=["m1"], cycles=["2026-11"]) == 0
    world.top_up("m1", "100.00")
    assert unified(world, "closed", "u1") == 0
    assert world.bills("m1")[OCT][0] == "unsettled"
    assert unified(world, "closed", "u3") == 0
    assert (world.bills("m1")[OCT][0], world.bills("m1")[NOV][0]) == ("settled", "settled")


def test_a_draft_can_be_edited_and_what_leaves_the_list_is_free(world):
    owing(world, "m1", "m2", "m3")
    world.open("main", opening_cash="60.00")
    world.tie("main", "m1", "m2", "m3")
    unified(world, "created", accounts=["m1", "m2"], cycles=["2026-10"])
    world.top_up("m1", "100.00")
    assert unified(world, "edited", bills=[{"account": "m2", "cycle": "2026-10"}]) == 0
    assert world.bills("m1")[OCT][0] == "settled"
    assert unified(world, "edited", accounts=["m3", "m2"], cycles=["2026-10"]) == 0
    assert unified(world, "run") == 0
    assert [world.bills(name)[OCT][2] for name in ("m3", "m2")] == [5_000, 1_000]
    assert unified(world, "edited", accounts=["m3"], cycles=["2026-10"]) == 1
    assert unified(world, "deleted") == 1
    assert world.refused() == ["settlement_running", "settlement_running"]


def test_ending_a_relationship_takes_the_members_bills_off_the_list(world):
    owing(world, "m1", "m2")
    world.open("main")
    world.tie("main", "m1", "m2")
    unified(world, "created", accounts=["m1", "m2"], cycles=["2026-10"])
    unified(world, "run")
    world.top_up("m1", "60.00")
    world.send("relationship_ended", "m1", other="main")
    assert world.bills("m1")[OCT][0] == "settled"
    world.send("relationship_ended", "main", other="m2")
    world.tick()
    assert world.announced("unified_settlement.completed") == ["unified_settlement.completed"]
    assert holds(world) == []


def test_the_main_accounts_own_bill_can_be_on_the_list(world):
    owing(world, "main", "m1")
    world.tie("main", "m1")
    unified(world, "created", accounts=["m1", "main"], cycles=["2026-10"])
    world.top_up("main", "60.00")
    unified(world, "run")
    assert (world.bills("m1")[OCT][2], world.bills("main")[OCT][2]) == (5_000, 1_000)
    assert world.payments("main")[0][1] == "cash"


def test_no_bill_of_a_settlement_is_paid_by_hand(world):
    owing(world, "m1")
    world.open("main")
    world.tie("main", "m1")
    unified(world, "created", accounts=["m1"], cycles=["2026-10"])
    world.top_up("m1", "60.00")
    assert pay(world, "m1") == 1
    assert world.refused() == ["in_unified_settlement"]


def test_a_payer_who_does_not_confirm_can_cancel_and_what_is_confirmed_late_is_booked(world, gateway):
    started(world)
    gateway.answers = [RequiresAction("g-1", None)]
    world.charge(gateway)
    world.send("bill_payment_cancelled", "a", payment="p1")
    assert world.announced("payment.")[-1] == "payment.cancelled"
    assert (holds(world), funds(world, "a")[3]) == ([], 0)


def test_a_settlement_and_a_payment_are_named_as_what_holds_a_bill_back(world):
    owing(world, "m1")
    world.open("main")
    world.tie("main", "m1")
    unified(world, "created", accounts=["m1"], cycles=["2026-10"])
    world.top_up("m1", "60.00")

    def codes(name: str) -> list[str]:
        (bill,) = explain(world.store, name, None, at=world.now, policy=world.policy).bills
        return [str(reason.code) for reason in bill.reasons]

    assert "unified_settlement" in codes("m1")
    unified(world, "closed")
    world.at("2026-11-03 00:00")
    card(world, "m1")
    world.fee("m1", "20", incurred_at="2026-11-02T08:00:00Z")
    world.at("2026-12-02 04:00")
    world.send("account_changed", "m1", auto_write_off=False, credit_control=True)
    world.tick()
    assert pay(world, "m1", cycle="2026-11", amount="5", channel="visa") == 0
    world.send("account_changed", "m1", auto_write_off=True)
    assert codes("m1")[0] == "manual_payment"

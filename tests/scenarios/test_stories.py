"""Calendar stories over months, one per paragraph of the rule book. Rule: R1–R4, R7.1, R9.2."""

from __future__ import annotations

import pytest

from tests.support.builders import utc

OCT, NOV, DEC = 202610, 202611, 202612
ISSUED_OCT, ISSUED_NOV = utc("2026-11-02 04:00"), utc("2026-12-02 04:00")
CARD = {"currency": "USD", "valid_from": "2026-01-01T00:00:00Z"}


pytestmark = pytest.mark.usefixtures("audited")


def test_a_month_settles_itself(world):
    world.open("a", opening_cash="100.00")
    world.fee("a", "30.0099")
    world.fee("a", "10.50")
    world.at("2026-11-02 03:59:59").tick()
    assert world.bills("a") == {OCT: ("accruing", None, 0)}
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a") == {OCT: ("settled", 4050, 4050)}
    assert world.payments("a") == [(OCT, "cash", 4050, ISSUED_OCT)]
    assert world.cash("a") == 5950
    assert world.one("SELECT dropped FROM bill").normalize().to_eng_string() == "0.0099"


def test_a_bill_waits_for_the_top_up_and_the_oldest_is_paid_first(world):
    world.open("a")
    world.fee("a", "50")
    world.at("2026-11-05 00:00").tick()
    world.fee("a", "50", incurred_at="2026-11-05T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    assert world.bills("a") == {OCT: ("unsettled", 5000, 0), NOV: ("unsettled", 5000, 0)}
    world.at("2026-12-10 09:30")
    world.top_up("a", "70.00")
    assert world.bills("a") == {OCT: ("settled", 5000, 5000), NOV: ("unsettled", 5000, 2000)}
    world.at("2026-12-11 09:30")
    world.top_up("a", "40.00")
    assert world.bills("a")[NOV] == ("settled", 5000, 5000)
    assert world.cash("a") == 1000
    assert [row[3] for row in world.payments("a")] == [
        utc("2026-12-10 09:30"), utc("2026-12-10 09:30"), utc("2026-12-11 09:30"),
    ]  # fmt: skip


def test_a_transfer_from_the_main_account_pays_a_members_oldest_bill(world):
    world.open("main", opening_cash="100.00")
    world.open("on")
    world.open("off", auto_write_off=False)
    world.tie("main", "on", "off")
    for member in ("on", "off"):
        world.fee(member, "30")
    world.at("2026-11-03 00:00").tick()
    for member in ("on", "off"):
        world.send("transfer", member, amount="30.00", currency="USD", from_account="main")
    assert world.bills("on") == {OCT: ("settled", 3000, 3000)}
    assert world.bills("off") == {OCT: ("unsettled", 3000, 0)}
    assert (world.cash("main"), world.cash("on"), world.cash("off")) == (4000, 0, 3000)


def test_with_the_switch_off_bills_stay_unsettled_until_it_is_turned_on(world):
    world.open("a", auto_write_off=False, opening_cash="100.00")
    world.fee("a", "30")
    world.at("2026-11-03 00:00").tick()
    assert world.bills("a") == {OCT: ("unsettled", 3000, 0)}
    world.send("account_changed", "a", auto_write_off=True)
    assert world.bills("a") == {OCT: ("settled", 3000, 3000)}


def test_available_credit_of_zero_keeps_a_bill_unsettled_even_with_cash(world):
    world.open("a", opening_cash="100.00")
    world.fee("a", "30")
    world.at("2026-11-02 03:00")
    world.fee("a", "100", incurred_at="2026-11-01T00:00:00Z")
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[OCT] == ("unsettled", 3000, 0)
    world.at("2026-11-03 00:00")
    world.send("account_changed", "a", credit_limit="0.01", currency="USD")
    assert world.bills("a")[OCT] == ("settled", 3000, 3000)


def test_frozen_cash_is_kept_and_pays_once_it_is_released(world):
    world.open("a", opening_cash="100.00")
    world.send("account_changed", "a", frozen_amount="80.00", currency="USD")
    world.fee("a", "50")
    world.at("2026-11-03 00:00").tick()
    assert world.bills("a")[OCT] == ("unsettled", 5000, 2000)
    world.send("account_changed", "a", frozen_amount="0", currency="USD")
    assert world.bills("a")[OCT] == ("settled", 5000, 5000)


def test_two_holds_need_two_releases(world):
    world.open("a", opening_cash="100.00")
    for reason in ("manual", "unified"):
        world.send("account_changed", "a", hold={"reason": reason, "ref": "1"})
    world.fee("a", "50")
    world.at("2026-11-03 00:00").tick()
    world.send("account_changed", "a", release={"reason": "manual", "ref": "1"})
    assert world.bills("a")[OCT] == ("unsettled", 5000, 0)
    world.send("account_changed", "a", release={"reason": "unified", "ref": "1"})
    assert world.bills("a")[OCT] == ("settled", 5000, 5000)


def test_a_hold_set_and_released_in_one_batch_is_gone(world):
    world.open("a", opening_cash="100.00")
    world.receive(
        world.message("account_changed", "a", hold={"reason": "manual"}),
        world.message("account_changed", "a", release={"reason": "manual"}),
    )
    world.drain()
    assert world.rows("SELECT * FROM write_off_hold") == []


def test_card_then_refund_then_cash(world):
    world.open("a", opening_cash="100.00")
    world.fee("a", "60")
    world.send("card_activated", "a", card="c", amount="10.00", valid_until="2027-01-01T00:00:00Z", **CARD)
    world.send("refund", "a", amount="20.00", currency="USD", cycle="2026-10")
    world.at("2026-11-02 04:00").tick()
    assert [(row[1], row[2]) for row in world.payments("a")] == [
        ("card", 1000),
        ("refund", 2000),
        ("cash", 3000),
    ]


@pytest.mark.parametrize(
    ("valid_until", "paid", "left"),
    [("2026-09-30T16:00:00Z", 0, 0), ("2026-10-31T16:00:00Z", 6000, 0), ("2026-10-31T16:00:01Z", 6000, 4000)],
)
def test_a_card_pays_the_months_that_it_overlaps_however_late_it_runs(world, valid_until, paid, left):
    world.open("a", credit_limit="1000")
    world.fee("a", "60")
    world.send("card_activated", "a", card="c", amount="100.00", valid_until=valid_until, **CARD)
    world.at("2026-11-05 00:00").tick()
    assert world.bills("a")[OCT] == ("settled" if paid else "unsettled", 6000, paid)
    assert world.one("SELECT balance_minor FROM stored_value_card") == left
    assert world.faults() == 0


def test_a_card_of_december_pays_decembers_bill_and_lapses_with_it(world):
    world.open("a", credit_limit="1000")
    world.at("2026-12-10 00:00").fee("a", "60", incurred_at="2026-12-05T00:00:00Z")
    december = {"valid_from": "2026-11-30T16:00:00Z", "valid_until": "2026-12-31T16:00:00Z"}
    world.send("card_activated", "a", card="c", amount="100.00", currency="USD", **december)
    world.at("2027-01-01 16:00").tick()
    assert world.announced("card.expired") == []
    world.at("2027-01-02 04:00").tick()
    assert world.bills("a")[DEC] == ("settled", 6000, 6000)
    assert world.announced("card.expired") == ["card.expired"]
    assert world.rows("SELECT amount_minor FROM ledger_transfer WHERE credit = 'expired'") == [(4000,)]
    assert world.faults() == 0


def test_a_card_pays_neither_a_late_fee_nor_a_charge_that_spans_months(world):
    world.open("a", credit_limit="1000")
    world.send("card_activated", "a", card="c", amount="100.00", valid_until="2028-01-01T00:00:00Z", **CARD)
    world.fee("a", "1", incurred_at="2026-11-01T00:00:00Z")
    world.fee("a", "2", incurred_at="2026-11-30T15:00:00Z", ended_at="2026-11-30T17:00:00Z")
    world.at("2026-11-03 00:00").tick()
    world.fee("a", "4", incurred_at="2026-10-15T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    assert world.bills("a") == {NOV: ("unsettled", 700, 100)}


def test_a_card_named_for_an_order_pays_that_order(world):
    world.open("a", credit_limit="1000")
    world.fee("a", "3", order_id="o-1")
    world.fee("a", "4", order_id="o-2")
    world.send(
        "card_activated",
        "a",
        card="c",
        amount="100.00",
        valid_until="2028-01-01T00:00:00Z",
        orders=["o-1"],
        **CARD,
    )
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[OCT] == ("unsettled", 700, 300)


def test_a_refund_pays_its_month_and_later_ones_only(world):
    world.open("a", credit_limit="1000", credit_control=True)
    world.fee("a", "50")
    world.at("2026-11-03 00:00").tick()
    world.send("refund", "a", amount="80.00", currency="USD")  # of November
    assert world.bills("a")[OCT] == ("unsettled", 5000, 0)
    world.fee("a", "20", incurred_at="2026-11-10T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    assert world.bills("a") == {OCT: ("unsettled", 5000, 0), NOV: ("settled", 2000, 2000)}
    world.send("account_changed", "a", write_off_past_bills=True)
    assert world.bills("a")[OCT] == ("settled", 5000, 5000)
    assert [row[:3] for row in world.payments("a")] == [(OCT, "refund", 5000), (NOV, "refund", 2000)]


def test_a_late_fee_is_billed_with_the_month_of_its_arrival(world):
    world.open("a", opening_cash="100.00")
    world.fee("a", "30")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-02 04:00")
    world.fee("a", "5")
    assert world.bills("a") == {OCT: ("settled", 3000, 3000), NOV: ("accruing", None, 0)}
    assert world.rows("SELECT cycle, late FROM fee ORDER BY booked_at, late") == [(OCT, False), (NOV, True)]
    world.at("2026-12-02 04:00").tick()
    assert world.bills("a")[NOV] == ("settled", 500, 500)


def test_a_month_of_credits_is_a_bill_of_zero_and_helps_the_next(world):
    world.open("a", opening_cash="100.00")
    world.fee("a", "-5.123")
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a") == {OCT: ("settled", 0, 0), NOV: ("accruing", None, 0)}
    world.fee("a", "8.00", incurred_at="2026-11-20T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    assert world.bills("a")[NOV] == ("settled", 287, 287)


def test_amounts_of_another_currency_are_refused_and_kept(world):
    world.open("a")
    world.send("top_up", "a", amount="5.00", currency="EUR")
    world.fee("a", "5", currency="EUR")
    assert world.refused() == ["wrong_currency", "wrong_currency"]
    assert world.cash("a") == 0


def test_a_refused_event_is_replayed_after_the_fix(world):
    from settlement.storage.work import inbox

    world.top_up("late-comer", "5.00")
    assert world.refused() == ["unknown_account"]
    world.open("late-comer")
    with world.store.transaction() as tx:
        assert len(inbox.replay(tx, code="unknown_account")) == 1
    world.drain()
    assert world.refused() == []
    assert world.cash("late-comer") == 500


def test_the_three_currencies_of_a_deployment_bill_in_their_own_units(world):
    for name, currency, cash in (("y", "JPY", "5000"), ("k", "KWD", "5"), ("u", "USD", "50")):
        world.open(name, currency=currency, opening_cash=cash)
        world.fee(name, "4.5678", currency=currency)
    world.at("2026-11-02 04:00").tick()
    assert [world.bills(name)[OCT][1] for name in "yku"] == [4, 4567, 456]

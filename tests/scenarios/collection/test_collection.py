"""Collecting from standard accounts: threshold, sweep, issuance, declines, doubt. Rule: R3.3, R3.4, R5.*."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.gateway.charges import NotFound, RequiresAction, Succeeded, TryLater
from settlement.operations.reports.credit import available_credit
from settlement.operations.schedule.collection import collect_due
from settlement.queries import accounts
from settlement.rules.credit import AvailableCredit
from tests.support.builders import utc
from tests.support.collection import HARD, SOFT, add_card, with_card
from tests.support.parking import park

OCT, NOV = 202610, 202611

pytestmark = pytest.mark.usefixtures("audited")


def test_the_threshold_is_reached_at_exactly_that_amount_and_the_whole_is_deducted(world, gateway):
    with_card(world, "a")
    world.fee("a", "999.99")
    assert world.charge(gateway) == 0
    world.fee("a", "0.01")
    assert world.charge(gateway) == 1
    assert gateway.taken_minor() == [100_000]
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a") == {OCT: ("settled", 100_000, 100_000)}
    assert world.payments("a") == [(OCT, "external", 100_000, utc("2026-11-02 04:00"))]
    assert world.rows("SELECT initiator FROM repayment") == [("threshold",)]


def test_fees_of_a_day_lead_to_one_charge_at_a_time(world, gateway):
    with_card(world, "a")
    world.fee("a", "1500")
    world.fee("a", "1200")
    assert world.attempts("a") == [("threshold", "waiting", 150_000)]
    world.charge(gateway)
    assert gateway.taken_minor() == [150_000, 120_000]


def test_a_threshold_that_no_event_announced_is_found_by_the_tick(world, gateway):
    world.open("a")
    world.fee("a", "1500")
    add_card(world, "a")
    assert gateway.taken_minor() == []
    world.charge(gateway)
    assert gateway.taken_minor() == [150_000]


def test_parked_accounts_over_the_threshold_do_not_hide_those_after_them(world, gateway):
    world.open("a", "b", "c")
    for name in ("a", "b", "c"):
        world.fee(name, "1500")
    with world.store.transaction() as tx:
        # As if their cards had come by a way that looks at no threshold.
        tx.exec_driver_sql(
            """WITH added AS (
                   INSERT INTO inbox (source, event_id, type, account, data, state)
                   SELECT 's', external_id, 'payment_method_added', external_id,
                          '{"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}', 'done'
                   FROM account RETURNING id, account)
               INSERT INTO payment_method (id, account_id, external_id, kind, gateway, method_token, is_default,
                                           state, added_at)
               SELECT i.id, a.id, 'visa', 'bank_card', 'sandbox', 'ok', true, 'unverified', opened_at
               FROM account a JOIN added i ON i.account = a.external_id"""
        )
        tx.exec_driver_sql(
            """INSERT INTO collecting (account_id, uncollected_minor, threshold_minor)
               SELECT id, 150000, 100000 FROM account"""
        )
    park(world, "a", "b")
    collect_due(world.store, at=world.now, policy=world.policy, batch=1)
    assert [world.attempts(name) for name in ("a", "b", "c")] == [[], [], [("threshold", "waiting", 150_000)]]


def test_the_month_end_sweep_deducts_once_and_the_rest_right_after_issuance(world, gateway):
    with_card(world, "a")
    world.fee("a", "300")
    world.at("2026-10-31 14:59:59").tick()
    assert world.attempts("a") == []
    world.at("2026-10-31 15:00").tick()
    world.tick()
    world.charge(gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 30_000)]
    world.at("2026-10-31 15:30")
    world.fee("a", "20", incurred_at="2026-10-31T15:20:00Z")
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a") == {OCT: ("unsettled", 32_000, 30_000)}
    world.charge(gateway)
    assert world.bills("a") == {OCT: ("settled", 32_000, 32_000)}
    assert gateway.taken_minor() == [30_000, 2_000]


def test_the_accounts_own_funds_pay_first_and_the_method_the_rest(world, gateway):
    with_card(world, "a", opening_cash="100.00")
    card = {"card": "gift", "amount": "50.00", "currency": "USD", "valid_from": "2026-01-01T00:00:00Z"}
    world.send("card_activated", "a", **card, valid_until="2027-01-01T00:00:00Z")
    world.fee("a", "300")
    world.at("2026-10-31 15:00").tick()
    world.charge(gateway)
    assert gateway.taken_minor() == [15_000]
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a") == {OCT: ("settled", 30_000, 30_000)}
    assert [row[1:3] for row in world.payments("a")] == [
        ("external", 15_000),
        ("card", 5_000),
        ("cash", 10_000),
    ]


def test_an_account_on_credit_control_is_not_collected_from(world, gateway):
    with_card(world, "a", credit_control=True)
    world.fee("a", "5000")
    world.at("2026-10-31 15:00").tick()
    world.at("2026-11-02 04:00").tick()
    assert world.charge(gateway) == 0
    assert world.attempts("a") == []


def test_what_a_charge_collected_too_much_becomes_cash(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    world.charge(gateway)
    world.fee("a", "-400")
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a") == {OCT: ("settled", 60_000, 60_000)}
    assert world.cash("a") == 40_000


def test_a_lost_answer_is_asked_about_with_the_same_key_and_charges_once(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.loses = 1
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "unknown", 100_000)]
    world.fee("a", "2000")
    assert len(world.attempts("a")) == 1, "nothing is charged again before the gateway has said"
    world.at("2026-10-05 00:01")
    world.charge(gateway)
    assert gateway.taken_minor() == [100_000, 200_000]
    assert {request.reference for request in gateway.asked[:2]} == {gateway.asked[0].reference}


def test_money_in_doubt_is_not_paid_from_elsewhere(world, gateway):
    with_card(world, "a")
    world.fee("a", "300")
    world.at("2026-11-02 04:00").tick()
    gateway.loses = 1
    world.charge(gateway)
    world.top_up("a", "300.00")
    assert world.bills("a") == {OCT: ("unsettled", 30_000, 0)}
    world.at("2026-11-02 04:05")
    world.charge(gateway)
    assert world.bills("a") == {OCT: ("settled", 30_000, 30_000)}
    assert world.cash("a") == 30_000


def test_a_charge_that_never_happened_is_made_anew_only_when_the_gateway_is_sure(world, gateway):
    with_card(world, "a")
    world.fee("a", "300", incurred_at="2026-10-04T00:00:00Z")
    world.at("2026-11-02 04:00").close("2026-10")
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE charge_attempt SET state = 'sent', sent_at = next_at, next_at = next_at")
    # The key is no longer remembered, but the search may still lag.
    world.at("2026-11-03 00:05").charge(gateway)
    assert world.attempts("a") == [("issuance", "unknown", 30_000)]
    assert gateway.taken_minor() == []
    world.at("2026-11-03 00:15").charge(gateway)
    assert world.attempts("a") == [("issuance", "unknown", 30_000)], "looked for once more"
    world.at("2026-11-03 00:25").charge(gateway)
    assert world.attempts("a") == [("issuance", "not_charged", 30_000), ("issuance", "succeeded", 30_000)]
    assert gateway.taken_minor() == [30_000]


def test_a_clock_that_jumps_after_a_lost_answer_does_not_charge_again(world, gateway):
    """By our clock the key is forgotten and the search is sure; at the gateway not a minute has passed."""
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.loses = 1
    really_find, gateway.find = gateway.find, lambda request: NotFound()
    world.charge(gateway)
    world.now += timedelta(days=3)
    for _ in range(3):
        world.charge(gateway)
    assert world.attempts("a") == [("threshold", "unknown", 100_000)]
    # The gateway's search has caught up by the time that it is looked for once more.
    gateway.find = really_find
    world.now += gateway.search_lags_by
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]
    assert gateway.taken_minor() == [100_000]


def test_a_call_that_was_not_taken_up_is_sent_again(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [TryLater("too many requests")]
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "waiting", 100_000)]
    world.at("2026-10-05 00:01").charge(gateway)
    assert gateway.taken_minor() == [100_000]


def test_a_decline_is_tried_again_after_7_and_14_days_and_leads_to_suspension(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [SOFT, SOFT, SOFT]
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "declined", 100_000)]
    world.fee("a", "5000")
    world.tick()
    assert len(world.attempts("a")) == 1
    world.at("2026-10-11 23:59").tick()
    assert len(world.attempts("a")) == 1
    world.at("2026-10-12 00:00").tick()
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("retry", "declined", 600_000)]
    world.at("2026-10-19 00:00").tick()
    world.charge(gateway)
    assert len(world.attempts("a")) == 3
    world.at("2026-10-20 00:00").tick()
    assert world.announced("account.") == ["account.suspension_reminder", "account.suspended"]
    world.at("2026-11-04 00:00").tick()
    # Nobody looked for two weeks; what a reminder would have warned of has come.
    assert world.announced("account.")[2:] == ["account.releasable"]
    assert len(world.attempts("a")) == 3
    world.top_up("a", "6000.00")
    assert world.announced("account.")[-1] == "account.resumed"
    assert world.bills("a")[OCT] == ("settled", 600_000, 600_000)


def test_reminders_come_7_3_and_1_days_before_suspension_and_before_release(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [SOFT, SOFT, SOFT]
    world.charge(gateway)
    said: dict[int, list[str]] = {}
    for day in range(1, 32):
        before = len(world.announced("account."))
        world.now += timedelta(days=1)
        world.tick()
        world.charge(gateway)
        if new := world.announced("account.")[before:]:
            said[day] = new
    warned, released = ["account.suspension_reminder"], ["account.release_reminder"]
    assert said == {
        8: warned, 12: warned, 14: warned, 15: ["account.suspended"],
        23: released, 27: released, 29: released, 30: ["account.releasable"],
    }  # fmt: skip


def test_an_account_is_charged_by_threshold_three_times_a_day_at_most(world, gateway):
    with_card(world, "a")
    for _ in range(5):
        world.fee("a", "1000")
        world.charge(gateway)
        world.tick()
    assert gateway.taken_minor() == [100_000] * 3
    # The next local day begins at 16:00 UTC.
    world.at("2026-10-05 15:59").tick()
    assert world.charge(gateway) == 0
    world.at("2026-10-05 16:00").tick()
    world.charge(gateway)
    assert gateway.taken_minor() == [100_000] * 3 + [200_000]


def test_a_hard_decline_is_not_tried_again_but_another_method_is_at_once(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [HARD]
    world.charge(gateway)
    world.at("2026-10-13 00:00").tick()
    assert world.attempts("a") == [("threshold", "declined", 100_000)]
    add_card(world, "a", "other")
    world.charge(gateway)
    assert gateway.taken_minor() == [100_000]
    assert world.announced("account.")[-1] == "account.resumed"


def test_a_payer_who_has_to_confirm_is_waited_for_and_given_up_after_a_day(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    confirm = RequiresAction("pi_1", "https://example.org/confirm")
    gateway.answers = [confirm]
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "requires_action", 100_000)]
    assert world.announced("charge.") == ["charge.requires_action"]
    world.at("2026-10-06 00:00")
    gateway.answers = [confirm, NotFound()]
    world.charge(gateway)
    assert gateway.voided == ["pi_1"]
    assert world.attempts("a") == [("threshold", "declined", 100_000)]


def test_a_payer_who_confirms_late_has_paid(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [RequiresAction("pi_1", None)]
    world.charge(gateway)
    world.at("2026-10-05 00:05")
    gateway.answers = [Succeeded("pi_1", 100_000)]
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]


def test_thresholds_of_paypal_lie_in_their_range(world, gateway):
    world.open("a")
    plain = {"kind": "paypal", "gateway": "sandbox", "method_token": "ok_a", "currency": "USD"}
    for threshold in ("7.99", "500.01"):
        world.send("payment_method_added", "a", method="p", threshold=threshold, **plain)
    assert world.refused() == ["threshold_out_of_range"] * 2
    world.send("payment_method_added", "a", method="p", threshold="8.00", **plain)
    world.fee("a", "8.00")
    world.charge(gateway)
    assert gateway.taken_minor() == [800]


@pytest.mark.parametrize("kind", ["bank_card", "paypal"])
def test_without_a_threshold_for_its_currency_sweep_and_issuance_collect(world, gateway, kind):
    world.open("e", currency="EUR")
    added = world.send(
        "payment_method_added", "e", method="v", kind=kind, gateway="sandbox", method_token="ok"
    )
    assert added.refused == 0
    world.fee("e", "5000", currency="EUR")
    assert world.charge(gateway) == 0, "no threshold is reached where there is none"
    world.at("2026-10-31 15:00").tick()
    world.charge(gateway)
    assert gateway.taken_minor() == [5000_00]
    world.fee("e", "7", currency="EUR")
    world.at("2026-11-02 04:00").tick()
    world.charge(gateway)
    assert gateway.taken_minor() == [5000_00, 7_00]
    assert world.bills("e")[OCT][0] == "settled"


def test_a_threshold_that_nothing_limits_is_refused(world):
    world.open("e", currency="EUR")
    world.send(
        "payment_method_added", "e", method="v", kind="paypal", gateway="sandbox", method_token="ok",
        threshold="8.00", currency="EUR",
    )  # fmt: skip
    assert world.refused() == ["no_threshold_for_currency"]


def test_fees_already_collected_are_not_frozen_any_more(world, gateway):
    """With 500.00 of cash and 1,000.00 collected, available credit is 500.00 and not -500.00."""
    with_card(world, "a")
    world.send("account_changed", "a", low_credit_line="100", currency="USD")
    world.top_up("a", "500")
    world.fee("a", "1000")
    world.charge(gateway)
    assert gateway.taken_minor() == [1000_00]
    with world.store.transaction() as tx:
        view = accounts.account(tx, "a")
    assert available_credit(view, world.policy) == AvailableCredit(500_00, 0, 0)
    before = len(world.announced("account.low_credit"))
    for day in range(6, 13):
        world.at(f"2026-10-{day:02} 00:00").tick()
    assert len(world.announced("account.low_credit")) == before
    world.fee("a", "30")
    with world.store.transaction() as tx:
        view = accounts.account(tx, "a")
    assert available_credit(view, world.policy) == AvailableCredit(500_00, 0, 30_00)


def test_a_card_number_is_kept_nowhere(world):
    world.open("a")
    number = "4242 4242-42424242"
    world.send(
        "payment_method_added", "a", method="v", kind="bank_card", gateway="sandbox", method_token=number
    )
    assert world.refused() == ["card_number"]
    assert world.rows("SELECT 1 FROM inbox WHERE CAST(data AS text) LIKE '%4242%'") == []
    assert world.rows("SELECT 1 FROM payment_method") == []


def test_a_bank_transfer_only_hears_what_is_due(world, gateway):
    world.open("a")
    world.send("payment_method_added", "a", method="bank", kind="bank_transfer")
    world.fee("a", "3000")
    world.at("2026-11-02 04:00").tick()
    assert world.charge(gateway) == 0
    assert world.announced("collection.") == ["collection.due"]


def test_charges_of_many_accounts_take_as_many_statements_as_that_of_one(world, gateway):
    """Sets: reads and writes cost per statement."""
    from tests.support.world import statements

    counts = []
    for number in (1, 30):
        names = [f"n{number}-{index}" for index in range(number)]
        with_card(world, *names)
        world.receive(
            *(
                world.message(
                    "fees", name,
                    fees=[{"id": "x", "amount": "1000", "currency": "USD", "product": "ECS",
                           "incurred_at": "2026-10-03T00:00:00Z"}],
                )
                for name in names
            )
        )  # fmt: skip
        with statements(world.store) as sent:
            world.drain()
        counts.append(len(sent))
    assert counts[0] == counts[1]

"""Contracts and due dates, overdue bills, low credit, coupons, expiry. Rule: R1.5g, R4.6f, R4.7, R6.*."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from settlement.model.policies.credit import CreditPolicy
from settlement.model.policies.policy import PolicyHistory
from settlement.model.terms import CountryDays, WeekdaysOnly
from settlement.operations.schedule.daily_check import check_days
from tests.support.builders import utc
from tests.support.world import Killed, World, statements

OCT, NOV, DEC = 202610, 202611, 202612
VALID = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2027-10-01T00:00:00Z"}


pytestmark = pytest.mark.usefixtures("audited")


def contract(world: World, *accounts: str, **term: Any) -> None:
    """Accounts on credit control with a term, by default ten calendar days a month."""
    world.open(*accounts, credit_control=True, credit_limit="1000")
    plain = {"from_cycle": "2026-01", "period_days": 10}
    for name in accounts:
        assert world.send("payment_term_agreed", name, **(plain | term)).refused == 0


def due(world: World, account: str) -> dict[int, tuple[date | None, str | None]]:
    found = world.rows(
        """SELECT cycle, due_on, due_rule FROM bill JOIN account a ON a.id = account_id
           WHERE external_id = :account AND state <> 'accruing' ORDER BY cycle""",
        account=account,
    )
    return {row[0]: (row[1], row[2]) for row in found}


def day_by_day(world: World, until: str) -> dict[str, list[str]]:
    """Lets every local midnight come and lists what was said at each, by local date."""
    said: dict[str, list[str]] = {}
    while world.now < utc(until):
        before = len(world.announced())
        world.now += timedelta(days=1)
        world.tick()
        if new := world.announced()[before:]:
            said[str((world.now + timedelta(hours=8)).date())] = new
    return said


# ----------------------------------------------------------------------------------------------- terms
def test_a_bill_is_due_after_its_period_and_keeps_the_rule_it_was_issued_under(world):
    contract(world, "a")
    world.fee("a", "50")
    world.at("2026-11-02 04:00").tick()
    assert due(world, "a") == {OCT: (date(2026, 11, 12), "monthly, 10 calendar days; weekdays")}
    world.send("payment_term_agreed", "a", from_cycle="2026-11", period_days=30)
    world.fee("a", "50", incurred_at="2026-11-10T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    assert due(world, "a") == {
        OCT: (date(2026, 11, 12), "monthly, 10 calendar days; weekdays"),
        NOV: (date(2027, 1, 1), "monthly, 30 calendar days; weekdays"),
    }


class Unpublished(WeekdaysOnly):
    """No decision about make-up days is known for 2027 and later."""

    def is_published(self, country: str, year: int) -> bool:
        return country != "CN" or year < 2027


def test_a_due_date_over_days_not_published_is_told_as_provisional_until_a_setting_calls_them_known(world):
    credit = CreditPolicy(calendar=Unpublished())
    world.policy = replace(world.policy, credit=credit)
    contract(world, "a", day_kind="business", country="CN", period_days=25)
    for month in ("2026-10", "2026-11", "2026-12"):
        world.at(f"{month}-20 00:00").tick()
        world.fee("a", "10", incurred_at=f"{month}-15T00:00:00Z")
    own = CountryDays("CN", closed=frozenset((date(2027, 1, 4),)), published=frozenset((2027,)))
    world.policy = replace(world.policy, credit=replace(credit, country_days=(own,)))
    world.at("2027-01-02 04:00").tick()
    # What was told stays, and the bill that is issued afterwards goes by what was set.
    assert due(world, "a") == {
        OCT: (date(2026, 12, 7), "monthly, 25 business days, CN; weekdays"),
        NOV: (
            date(2027, 1, 6),
            "monthly, 25 business days, CN; weekdays; provisional: make-up days of CN in 2027 are not published",
        ),
        DEC: (date(2027, 2, 8), "monthly, 25 business days, CN, days set for CN; weekdays"),
    }
    world.at("2027-02-10 00:00").tick()
    told = [payload for (payload,) in world.rows("SELECT payload FROM outbox WHERE topic = 'bill.overdue'")]
    assert {facts["cycle"]: facts["due_provisional"] for facts in told} == {
        "2026-10": False, "2026-11": True, "2026-12": False,
    }  # fmt: skip


def test_days_of_a_country_that_are_set_anew_make_no_earlier_due_date_wrong(world):
    days = (date(2026, 11, 4),), (date(2026, 12, 3), date(2026, 11, 5), date(2026, 11, 6))
    first, then = (
        replace(
            world.policy, credit=CreditPolicy(country_days=(CountryDays("CN", closed=frozenset(closed)),))
        )
        for closed in days
    )
    history = PolicyHistory([(utc("2026-01-01"), first), (utc("2026-12-01"), then)])
    world.policy = history.at(world.now)
    contract(world, "a", day_kind="business", country="CN", period_days=5)
    for month in ("2026-10", "2026-11"):
        world.at(f"{month}-20 00:00").tick()
        world.fee("a", "10", incurred_at=f"{month}-15T00:00:00Z")
    world.policy = history.at(utc("2026-12-02 04:00"))
    world.at("2026-12-02 04:00").tick()
    rule = "monthly, 5 business days, CN, days set for CN; weekdays"
    assert due(world, "a") == {OCT: (date(2026, 11, 10), rule), NOV: (date(2026, 12, 10), rule)}
    assert world.violated() == {}


def test_the_bills_of_a_quarter_are_due_together(world):
    contract(world, "a", settlement_cycle="quarterly", day_kind="business", country="CN", period_days=5)
    for month, incurred_at in ((OCT, "2026-10-15"), (NOV, "2026-11-15"), (DEC, "2026-12-15")):
        world.at(f"{str(month)[:4]}-{str(month)[4:]}-20 00:00")
        world.fee("a", "10", incurred_at=f"{incurred_at}T00:00:00Z")
    world.at("2027-01-02 04:00").tick()
    # December's bill is issued on Saturday the 2nd of January; five weekdays later is the 8th.
    assert {row[0] for row in due(world, "a").values()} == {date(2027, 1, 8)}
    assert len(due(world, "a")) == 3


def test_accounts_without_credit_control_or_without_a_term_have_no_due_date(world):
    world.open("standard")
    world.open("no_term", credit_control=True)
    world.send("payment_term_agreed", "standard", from_cycle="2026-01", period_days=10)
    contract(world, "later", from_cycle="2026-11")
    for name in ("standard", "no_term", "later"):
        world.fee(name, "5")
    world.at("2026-11-02 04:00").tick()
    assert [due(world, name) for name in ("standard", "no_term", "later")] == [{OCT: (None, None)}] * 3


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ({"day_kind": "business"}, "bad_term"),
        ({"until_cycle": "2025-12"}, "bad_term"),
        ({"period_days": 366}, "bad_shape"),
        ({"country": "china"}, "bad_shape"),
    ],
)
def test_a_term_that_makes_no_sense_is_refused(world, term, code):
    world.open("a", credit_control=True)
    world.send("payment_term_agreed", "a", **({"from_cycle": "2026-01", "period_days": 10} | term))
    assert world.refused() == [code]


# ----------------------------------------------------------------------------------------------- overdue
def test_reminders_come_before_and_after_and_a_bill_is_overdue_when_its_day_has_ended(world):
    contract(world, "a")
    world.fee("a", "50")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-02 16:00")
    said = day_by_day(world, "2026-12-15 16:00")
    quiet = {day: [topic for topic in topics if topic.startswith("bill.")] for day, topics in said.items()}
    assert quiet == {
        "2026-11-05": ["bill.due_reminder"],
        "2026-11-09": ["bill.due_reminder"],
        "2026-11-11": ["bill.due_reminder"],
        "2026-11-13": ["bill.overdue", "bill.overdue_reminder"],
        "2026-11-19": ["bill.overdue_reminder"],
        "2026-11-26": ["bill.overdue_reminder"],
        "2026-12-12": ["bill.overdue_reminder"],
    }
    (payload,) = world.rows("SELECT payload FROM outbox WHERE topic = 'bill.overdue'")
    assert payload[0] == {
        "account": "a", "cycle": "2026-10", "currency": "USD", "outstanding": "50.00", "due_on": "2026-11-12",
        "days": 1, "due_provisional": False,
    }  # fmt: skip


def test_paying_the_last_overdue_bill_ends_it_at_once(world):
    contract(world, "a", period_days=3)
    world.fee("a", "50")
    world.fee("a", "20", incurred_at="2026-11-10T00:00:00Z")
    world.at("2026-12-10 00:00").tick()
    assert world.announced("bill.overdue") == ["bill.overdue", "bill.overdue"]
    world.top_up("a", "60.00")
    assert world.announced("account.overdue_ended") == []
    world.top_up("a", "10.00")
    assert world.announced("account.overdue_ended") == ["account.overdue_ended"]
    before = world.announced("bill.overdue_reminder")
    world.at("2026-12-31 00:00").tick()
    assert world.announced("bill.overdue_reminder") == before


def test_a_bill_paid_on_its_last_day_is_not_overdue(world):
    contract(world, "a")
    world.fee("a", "50")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-12 15:59").top_up("a", "50.00")
    world.at("2026-11-12 16:00").tick()
    assert "bill.overdue" not in world.announced()


def test_days_that_nobody_looked_at_are_made_up_for_and_a_second_look_says_nothing(world):
    contract(world, "a")
    world.fee("a", "50")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-28 00:00").tick()
    said = world.announced()
    assert said.count("bill.overdue") == 1
    # It is overdue by the time that somebody looks: that it is due soon is news of the past, and of what has to be said
    # of it since (on the 1st, 7th and 14th day after) the latest says all.
    assert said.count("bill.due_reminder") == 0
    assert said.count("bill.overdue_reminder") == 1
    assert world.rows("SELECT DISTINCT overdue_at FROM bill WHERE overdue_at IS NOT NULL") == [
        (utc("2026-11-12 16:00"),)
    ]
    world.tick()
    assert world.announced() == said
    assert world.one("SELECT count(*) FROM schedule_slot WHERE job = 'daily_check' AND state = 'owed'") == 0


def test_of_days_that_nobody_looked_at_the_latest_reminder_is_said_once(world):
    contract(world, "a", "paid")
    world.fee("a", "50")
    world.fee("paid", "50")
    world.at("2026-11-02 04:00").tick()
    # Seven and three days before the due date, the 12th, were over.
    world.at("2026-11-09 17:00").tick()
    assert world.announced("bill.due_reminder") == ["bill.due_reminder"] * 2
    reminded = "SELECT payload ->> 'days' FROM outbox WHERE topic = :topic ORDER BY id"
    assert world.rows(reminded, topic="bill.due_reminder") == [("-2",), ("-2",)]
    world.tick()
    world.at("2026-11-10 17:00").tick()
    assert world.rows(reminded, topic="bill.due_reminder")[2:] == [("-1",), ("-1",)]
    world.top_up("paid", "50.00")
    world.at("2026-11-22 17:00").tick()
    assert world.rows(reminded, topic="bill.overdue_reminder") == [("11",)]
    world.at("2026-11-25 16:00").tick()
    assert world.rows(reminded, topic="bill.overdue_reminder") == [("11",), ("14",)]


# ----------------------------------------------------------------------------------------------- low credit
def test_low_credit_is_told_when_it_crosses_its_line_and_on_five_days_at_most(world):
    world.open("a", opening_cash="100.00")
    world.send("account_changed", "a", low_credit_line="30", currency="USD")
    world.fee("a", "69.99")
    assert world.announced("account.low_credit") == []
    world.fee("a", "0.02")
    assert world.announced("account.low_credit") == ["account.low_credit"]
    (payload,) = world.rows("SELECT CAST(payload AS text) FROM outbox WHERE topic = 'account.low_credit'")
    assert json.loads(payload[0]) == {
        "account": "a", "currency": "USD", "line": "30.00", "available_credit": "29.99", "cash": "100.00",
        "credit_limit": "0.00", "frozen": "70.01", "said": 1,
    }  # fmt: skip
    world.fee("a", "1")
    world.at("2026-10-05 16:00")
    said = day_by_day(world, "2026-10-20 16:00")
    assert [day for day, topics in said.items() if "account.low_credit" in topics] == [
        "2026-10-07", "2026-10-08", "2026-10-09", "2026-10-10",
    ]  # fmt: skip
    world.top_up("a", "50.00")
    world.fee("a", "60")
    assert world.announced("account.low_credit") == ["account.low_credit"] * 6


def test_a_line_set_above_what_there_is_tells_at_once(world):
    world.open("a", opening_cash="10.00")
    world.send("account_changed", "a", low_credit_line="30", currency="USD")
    assert world.announced("account.low_credit") == ["account.low_credit"]


def test_a_watch_that_is_ended_tells_nothing_more_and_can_begin_anew(world):
    world.open("a", opening_cash="10.00")
    world.send("account_changed", "a", low_credit_line="30", currency="USD")
    world.send("account_changed", "a", low_credit_watch=False)
    assert world.rows("SELECT * FROM credit_watch") == []
    day_by_day(world.at("2026-10-05 16:00"), "2026-10-08 16:00")
    world.send("account_changed", "a", low_credit_watch=False)
    assert world.announced("account.low_credit") == ["account.low_credit"]
    world.send("account_changed", "a", low_credit_line="20", currency="USD")
    assert world.announced("account.low_credit") == ["account.low_credit"] * 2


@pytest.mark.parametrize(
    "data",
    [{"low_credit_watch": True}, {"low_credit_watch": False, "low_credit_line": "5", "currency": "USD"}],
)
def test_a_watch_is_set_by_its_line_and_ended_by_false_alone(world, data):
    world.open("a")
    world.send("account_changed", "a", **data)
    assert world.refused() == ["bad_shape"]


def test_of_several_changes_at_once_the_last_one_counts(world):
    world.open("a", opening_cash="10.00")
    line = {"low_credit_line": "30", "currency": "USD"}
    for name, changes in (
        ("a", (line, {"low_credit_watch": False})),
        ("a", ({"low_credit_watch": False}, line)),
    ):
        world.receive(*(world.message("account_changed", name, **change) for change in changes))
        world.drain()
        assert world.rows("SELECT line_minor FROM credit_watch") == ([] if changes[0] is line else [(3_000,)])


# ----------------------------------------------------------------------------------------------- coupons
def coupon(world: World, account: str, name: str, kind: str, amount: str, **more: Any) -> None:
    given = {"coupon": name, "kind": kind, "amount": amount, "currency": "USD"} | VALID | more
    assert world.send("coupon_granted", account, **given).refused == 0


def test_an_amount_off_coupon_is_used_up_bill_by_bill_and_a_single_use_one_lapses(world):
    world.open("a")
    coupon(world, "a", "once", "single_use", "30.00", valid_until="2027-01-01T00:00:00Z")
    coupon(world, "a", "often", "amount_off", "100.00")
    world.fee("a", "20")
    world.fee("a", "70", incurred_at="2026-11-10T00:00:00Z")
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[OCT] == ("settled", 2_000, 2_000)
    world.at("2026-12-02 04:00").tick()
    assert world.bills("a")[NOV] == ("settled", 7_000, 7_000)
    assert world.payments("a") == [
        (OCT, "coupon", 2_000, utc("2026-11-02 04:00")),
        (NOV, "coupon", 7_000, utc("2026-12-02 04:00")),
    ]
    assert world.rows("SELECT external_id, balance_minor FROM coupon ORDER BY id") == [
        ("once", 0),
        ("often", 3_000),
    ]
    assert world.rows("SELECT amount_minor FROM ledger_transfer WHERE credit = 'expired'") == [(1_000,)]


def test_a_coupon_applies_when_the_bill_is_issued_and_never_later(world):
    world.open("a", auto_write_off=False)
    world.fee("a", "20")
    world.at("2026-11-02 04:00").tick()
    coupon(world, "a", "late", "amount_off", "100.00")
    world.send("account_changed", "a", auto_write_off=True)
    assert world.bills("a")[OCT] == ("unsettled", 2_000, 0)


def test_a_coupon_comes_off_whatever_the_gate_says_and_cards_pay_the_rest(world):
    world.open("a", auto_write_off=False)
    coupon(world, "a", "c", "amount_off", "5.00")
    world.fee("a", "20")
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[OCT] == ("unsettled", 2_000, 500)
    world.top_up("a", "100.00")
    world.send("account_changed", "a", auto_write_off=True)
    assert [row[1:3] for row in world.payments("a")] == [("coupon", 500), ("cash", 1_500)]


@pytest.mark.parametrize(("until", "paid"), [("2026-11-02T04:00:00Z", 0), ("2026-11-02T04:00:01Z", 2_000)])
def test_a_coupon_is_good_up_to_its_end_and_not_at_it(world, until, paid):
    world.open("a", auto_write_off=False)
    coupon(world, "a", "c", "amount_off", "50.00", valid_until=until)
    world.fee("a", "20")
    # However late the close runs, it goes by its own instant.
    world.at("2026-11-09 00:00").tick()
    assert world.bills("a")[OCT][2] == paid


def test_a_coupon_known_already_is_refused(world):
    world.open("a")
    coupon(world, "a", "c", "amount_off", "50.00")
    given = {"coupon": "c", "kind": "amount_off", "amount": "1.00", "currency": "USD"} | VALID
    assert world.send("coupon_granted", "a", **given).refused == 1
    assert world.refused() == ["coupon_exists"]


# ----------------------------------------------------------------------------------------------- expiry
def test_what_is_left_when_a_card_or_coupon_ends_is_booked_off_and_said(world):
    world.open("a")
    ends = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2026-10-10T00:00:00Z"}
    world.send("card_activated", "a", card="gift", amount="15.00", currency="USD", **ends)
    coupon(world, "a", "c", "amount_off", "5.00", **ends)
    world.at("2026-10-10 15:59").tick()
    assert world.announced("c") == []
    world.at("2026-10-10 16:00").tick()
    world.tick()
    assert world.announced("c") == ["coupon.expired"]
    # Nothing accrued in October, so there is no bill of the card's last month that it could pay.
    world.at("2026-11-02 15:59").tick()
    assert world.announced("card") == []
    world.at("2026-11-02 16:00").tick()
    world.tick()
    assert world.announced("card") == ["card.expired"]
    assert world.rows("SELECT balance_minor FROM stored_value_card UNION ALL SELECT balance_minor FROM coupon") == [
        (0,), (0,),
    ]  # fmt: skip
    assert world.rows("SELECT amount_minor FROM ledger_transfer WHERE credit = 'expired' ORDER BY 1") == [
        (500,),
        (1500,),
    ]


def test_a_card_that_ended_before_issuance_pays_first_however_late_everything_runs(world):
    world.open("a", credit_limit="100.00")
    ends = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2026-10-20T10:00:00Z"}
    world.send("card_activated", "a", card="gift", amount="15.00", currency="USD", **ends)
    world.fee("a", "9")
    world.at("2026-11-20 00:00").tick()
    assert world.bills("a")[OCT] == ("settled", 900, 900)
    assert world.rows("SELECT amount_minor FROM ledger_transfer WHERE credit = 'expired'") == [(600,)]


# ----------------------------------------------------------------------------------------------- the daily check itself
def test_the_check_goes_on_where_it_died_and_says_everything_once(world):
    names = [f"a{number}" for number in range(5)]
    contract(world, *names, period_days=3)
    for name in names:
        world.fee(name, "50")
        world.send("account_changed", name, low_credit_line="1001", currency="USD")
    world.at("2026-11-02 04:00").tick()
    # One day that marks and reminds at once; the days before it are over.
    world.at("2026-11-05 16:00")
    deaths = 0
    while True:
        try:
            with statements(world.store, die_at=deaths):
                check_days(world.store, at=world.now, policy=world.policy, batch=2, announce_batch=2)
            break
        except Killed:
            deaths += 1
    assert deaths > 20
    said = [topic for topic in world.announced() if topic.startswith(("bill.overdue", "bill.due"))]
    # Before the due date on the day of issuance (T-3), after it on one (T+1); T-1 was over when somebody looked.
    assert Counter(said) == {"bill.due_reminder": 5, "bill.overdue": 5, "bill.overdue_reminder": 5}


def test_a_day_that_died_amid_its_reminders_is_finished_by_the_next_one_and_says_everything_once(world):
    names = [f"a{number}" for number in range(5)]
    contract(world, *names, period_days=3)
    for name in names:
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-05 16:00")

    def reminders() -> int:
        return int(world.announced().count("bill.overdue_reminder"))

    deaths = 0
    while not 0 < reminders() < len(names):
        with pytest.raises(Killed), statements(world.store, die_at=deaths):
            check_days(world.store, at=world.now, policy=world.policy, batch=2, announce_batch=2)
        deaths += 1
    assert reminders() == 2
    world.at("2026-11-06 16:00")
    check_days(world.store, at=world.now, policy=world.policy, batch=2, announce_batch=2)
    assert reminders() == 5


def test_the_check_costs_the_same_for_one_account_and_for_many(world):
    counts = []
    for number, many in enumerate((1, 60)):
        names = [f"r{number}n{n}" for n in range(many)]
        contract(world, *names, period_days=3, from_cycle="2026-09")
        month = f"2026-{10 + number}"
        for name in names:
            world.fee(name, "50", incurred_at=f"{month}-15T00:00:00Z")
        for day in ("02 04:00", "04 16:00"):
            world.at(f"2026-{11 + number}-{day}").tick()
        for name in names:
            world.send("account_changed", name, low_credit_line="1001", currency="USD")
        world.at(f"2026-{11 + number}-05 16:00")
        before = len(world.announced())
        with statements(world.store) as sent:
            check_days(world.store, at=world.now, policy=world.policy)
        counts.append(len(sent))
        assert len(world.announced()) - before == 3 * many, "overdue, reminded of, and low credit"
        world.receive(*(world.message("top_up", name, amount="5000", currency="USD") for name in names))
        world.drain()
    assert counts[0] == counts[1]

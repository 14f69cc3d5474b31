"""Automatic write-off: its gate, the order of bills, the order of sources. Rule: R4.*, R7.1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from settlement.model.skip import SkipReason
from tests.support.builders import (
    A1,
    DEC,
    NOV,
    OCT,
    OCT_ISSUED,
    POLICY,
    account,
    accruing,
    applied,
    book,
    card,
    event,
    issued,
    line,
    position,
    refund,
    snapshot,
    top_up,
    utc,
)

SEP = 202609


def outcome(before, *commands, **more):
    """Paid per bill, money by source, skips."""
    changes, after = book(before, *commands, **more)
    paid = {bill.cycle: bill.paid_minor for bill in after.positions[A1].bills}
    sources = [
        (row.cycle, row.source, row.source_id, row.amount_minor) for row in changes.records.repayment_lines
    ]
    return paid, sources, [skip.reason for skip in changes.skips]


def test_a_top_up_pays_the_oldest_bill_first_and_the_last_one_in_part():
    before = snapshot(position(bills=[issued(SEP, 5000), issued(OCT, 5000), issued(NOV, 5000)]))
    paid, sources, skips = outcome(before, top_up("70.00"))
    assert paid == {SEP: 5000, OCT: 2000, NOV: 0}
    assert sources == [(SEP, "cash", 0, 5000), (OCT, "cash", 0, 2000)]
    assert skips == [SkipReason.NO_FUNDS, SkipReason.NO_FUNDS]


def test_money_that_covers_everything_settles_everything_and_keeps_the_rest():
    before = snapshot(position(bills=[issued(SEP, 5000), issued(OCT, 5000, paid=1000)]))
    changes, after = book(before, top_up("100.00"))
    assert [bill.state for bill in after.positions[A1].bills] == ["settled", "settled"]
    assert after.positions[A1].account.cash_minor == 1000
    assert changes.skips == []
    assert [row.topic for row in changes.announcements] == ["bill.settled", "bill.settled"]


def test_the_setting_forbids_paying_a_bill_in_part_and_nothing_overtakes_it():
    whole = replace(POLICY, partial_write_off=False)
    before = snapshot(position(bills=[issued(SEP, 3000), issued(OCT, 5000), issued(NOV, 100)]))
    paid, _, skips = outcome(before, top_up("70.00"), policy=whole)
    assert paid == {SEP: 3000, OCT: 0, NOV: 0}
    assert skips == [SkipReason.PARTIAL_NOT_ALLOWED]


def test_with_parts_allowed_a_later_bill_is_paid_from_a_fund_the_earlier_one_could_not_use():
    before = snapshot(position(account(credit_limit_minor=1), bills=[issued(OCT, 5000), issued(NOV, 5000)]))
    refunded = event("refund", amount="20.00", currency="USD", cycle="2026-11")
    paid, sources, _ = outcome(before, refunded)
    assert paid == {OCT: 0, NOV: 2000}
    assert sources == [(NOV, "refund", 1000, 2000)]


def test_cards_pay_before_refunds_and_refunds_before_cash():
    before = snapshot(
        position(
            account(cash_minor=10_000),
            bills=[issued(OCT, 6000)],
            lines=[line(OCT, "60")],
            cards=[card(balance=1000)],
            refunds=[refund(remaining=2000)],
        )
    )
    _, sources, _ = outcome(before, top_up("1.00"))
    assert sources == [(OCT, "card", 70, 1000), (OCT, "refund", 80, 2000), (OCT, "cash", 0, 3000)]


@pytest.mark.parametrize(
    ("cash", "limit", "frozen", "accrued", "paid"),
    [
        (10_000, 0, 0, "0", 5000),
        (10_000, 0, 0, "99.99", 5000),  # one cent above zero opens the gate, and the cash may go
        (10_000, 0, 0, "100.00", 0),  # exactly zero does not, although the cash would do
        (10_000, 0, 0, "100.009", 0),
        (10_000, 0, 10_000, "0", 0),
        (10_000, 1, 10_000, "0", 0),  # the limit opens the gate, but all the cash is frozen
        (10_000, 1, 7_000, "0", 3000),  # what is not frozen goes
        (10_000, 20_000, 0, "250.00", 5000),
        (10_000, 20_000, 0, "300.00", 0),
        (0, 50_000, 0, "0", 0),  # a limit is not money
    ],
)
def test_the_gate_is_available_credit_above_zero(cash, limit, frozen, accrued, paid):
    owner = account(cash_minor=cash, credit_limit_minor=limit, frozen_minor=frozen)
    before = snapshot(position(owner, bills=[issued(OCT, 5000), accruing(NOV, accrued)]))
    retry = event("account_changed", auto_write_off=True)
    assert outcome(before, retry)[0] == {OCT: paid, NOV: 0}


def test_accruing_fees_do_not_count_where_the_setting_says_so():
    owner = account(cash_minor=10_000)
    before = snapshot(position(owner, bills=[issued(OCT, 5000), accruing(NOV, "500")]))
    retry = event("account_changed", auto_write_off=True)
    assert outcome(before, retry, policy=replace(POLICY, freeze_accruing=False))[0][OCT] == 5000
    assert outcome(before, retry)[2] == [SkipReason.NO_AVAILABLE_CREDIT]


def test_with_the_gate_closed_no_source_pays_not_even_a_card():
    owner = account(cash_minor=100, frozen_minor=100)
    before = snapshot(
        position(
            owner, bills=[issued(OCT, 5000)], lines=[line(OCT, "50")], cards=[card()], refunds=[refund()]
        )
    )
    paid, sources, skips = outcome(before, event("account_changed", auto_write_off=True))
    assert (paid, sources, skips) == ({OCT: 0}, [], [SkipReason.NO_AVAILABLE_CREDIT])


def test_the_switch_keeps_bills_unsettled_until_it_is_turned_on():
    off = snapshot(position(account(auto_write_off_enabled=False), bills=[issued(OCT, 5000)]))
    changes, after = book(off, top_up("80.00"))
    assert changes.records.repayments == []
    assert changes.skips[0].reason == SkipReason.SWITCH_OFF
    assert outcome(after, event("account_changed", auto_write_off=True, inbox_id=1001))[0] == {OCT: 5000}


def test_two_holds_need_two_releases():
    before = snapshot(position(bills=[issued(OCT, 5000)], holds=["manual", "unified"]))
    changes, after = book(before, top_up("80.00"))
    assert changes.skips[0].reason == SkipReason.ON_HOLD
    _, after = book(after, event("account_changed", release={"reason": "manual"}, inbox_id=1001))
    assert after.positions[A1].bills[0].paid_minor == 0
    _, after = book(after, event("account_changed", release={"reason": "unified"}, inbox_id=1002))
    assert after.positions[A1].bills[0].paid_minor == 5000
    assert after.positions[A1].account.auto_write_off_enabled, "a hold never touches the switch"


def test_holds_of_one_reason_are_told_apart_by_their_reference():
    before = snapshot(position(bills=[issued(OCT, 5000)]))
    held = [
        event("account_changed", hold={"reason": "manual", "ref": ref}, inbox_id=1000 + n)
        for n, ref in enumerate("abb")
    ]
    _, after = book(before, *held, top_up("80.00", inbox_id=1010))
    assert len(after.positions[A1].holds) == 2
    changes, _ = book(
        after, event("account_changed", release={"reason": "manual", "ref": "a"}, inbox_id=1011)
    )
    assert changes.skips[0].reason == SkipReason.ON_HOLD


def test_refunds_go_oldest_first():
    refunds = [
        refund(81, 1000, granted_at=utc("2026-10-02 00:00")),
        refund(82, 1000, granted_at=utc("2026-10-01 00:00")),
    ]
    before = snapshot(position(bills=[issued(OCT, 1500)], refunds=refunds))
    assert outcome(before, top_up("1.00"))[1] == [(OCT, "refund", 82, 1000), (OCT, "refund", 81, 500)]


@pytest.mark.parametrize(
    ("credit_control", "switch", "paid"),
    [(False, False, 0), (True, False, 0), (False, True, 0), (True, True, 1000)],
)
def test_a_refund_pays_earlier_bills_only_for_credit_control_accounts_that_ask_for_it(
    credit_control, switch, paid
):
    owner = account(credit_limit_minor=1, credit_control=credit_control, write_off_past_bills=switch)
    before = snapshot(position(owner, bills=[issued(SEP, 5000)], refunds=[refund(remaining=1000, cycle=OCT)]))
    assert outcome(before, event("account_changed", auto_write_off=True))[0] == {SEP: paid}


def test_a_refund_of_a_month_pays_later_bills_too():
    before = snapshot(
        position(
            account(credit_limit_minor=1),
            bills=[issued(NOV, 300), issued(DEC, 5000)],
            refunds=[refund(remaining=1000)],
        )
    )
    assert outcome(before, event("account_changed", auto_write_off=True))[0] == {NOV: 300, DEC: 700}


def test_the_card_that_expires_first_pays_first():
    cards = [
        card(71, 1000, valid_until=utc("2028-01-01 00:00")),
        card(72, 1000, valid_until=utc("2027-01-01 00:00")),
    ]
    before = snapshot(
        position(
            account(credit_limit_minor=1), bills=[issued(OCT, 1500)], lines=[line(OCT, "15")], cards=cards
        )
    )
    _, sources, _ = outcome(before, event("account_changed", auto_write_off=True))
    assert sources == [(OCT, "card", 72, 1000), (OCT, "card", 71, 500)]


def test_a_card_pays_only_the_lines_in_its_scope_and_cash_the_rest():
    before = snapshot(
        position(
            account(cash_minor=10_000),
            bills=[issued(OCT, 8000)],
            lines=[line(OCT, "50", product="ECS"), line(OCT, "30", product="OSS")],
            cards=[card(balance=9000, products=frozenset({"OSS"}))],
        )
    )
    assert outcome(before, top_up("1.00"))[1] == [(OCT, "card", 70, 3000), (OCT, "cash", 0, 5000)]


def test_cards_share_a_line_and_never_pay_it_twice():
    cards = [card(71, 2000), card(72, 2000)]
    before = snapshot(
        position(
            account(credit_limit_minor=1),
            bills=[issued(OCT, 9000)],
            lines=[line(OCT, "30", product="ECS"), line(OCT, "60", product="OSS", single_month=False)],
            cards=cards,
        )
    )
    changes, after = book(before, event("account_changed", auto_write_off=True))
    assert [(row.source_id, row.amount_minor) for row in changes.records.repayment_lines] == [
        (71, 2000),
        (72, 1000),
    ]
    # A third card finds the line used up.
    again, _ = book(after, event("card_activated", card="c3", amount="50.00", currency="USD", inbox_id=1001,
                                 valid_from="2026-01-01T00:00:00Z", valid_until="2028-01-01T00:00:00Z"))  # fmt: skip
    assert again.records.repayments == []
    assert again.skips[0].reason == SkipReason.NO_FUNDS


def test_a_card_pays_the_positive_lines_of_a_bill_no_further_than_the_bill():
    before = snapshot(
        position(
            account(credit_limit_minor=1),
            bills=[issued(OCT, 1000)],
            lines=[line(OCT, "50", product="ECS"), line(OCT, "-40", product="OSS")],
            cards=[card(balance=9000)],
        )
    )
    assert outcome(before, event("account_changed", auto_write_off=True))[1] == [(OCT, "card", 70, 1000)]


def test_each_repayment_names_its_cause_and_each_line_its_fund():
    before = snapshot(position(bills=[issued(OCT, 5000)], refunds=[refund(remaining=100)]))
    changes, _ = book(before, top_up("49.00", inbox_id=77))
    (repayment,) = changes.records.repayments
    assert repayment == (1, OCT, "event:77", "auto_write_off", 5000, "USD", OCT_ISSUED)
    assert changes.records.repayment_lines == [
        (1, OCT, "event:77", 1, "refund", 80, 100),
        (1, OCT, "event:77", 2, "cash", 0, 4900),
    ]


def test_a_second_write_off_finds_nothing_to_do():
    before = snapshot(position(bills=[issued(SEP, 5000), issued(OCT, 5000)]))
    _, after = book(before, top_up("70.00"))
    again, _ = book(after, event("account_changed", auto_write_off=True, inbox_id=1001))
    assert again.records.repayments == []
    assert again.records.transfers == []
    assert applied(after, again) == after

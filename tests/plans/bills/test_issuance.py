"""The month close: bills issued and written off at once, for a set of accounts. Rule: R1.2, R2.2, R3.1, R4.1."""

from __future__ import annotations

from decimal import Decimal

from settlement.model.skip import SkipReason
from tests.support.builders import (
    A1,
    DEC,
    NOV,
    OCT,
    OCT_ISSUED,
    account,
    accruing,
    close,
    issued,
    position,
    snapshot,
    utc,
)

SEP = 202609


def test_a_bill_is_issued_rounded_down_and_written_off_in_one_go():
    changes, after = close(snapshot(position(account(cash_minor=10_000), bills=[accruing(OCT, "12.3499")])))
    (row,) = changes.bills.issued
    assert row == (1, OCT, "settled", 1234, OCT_ISSUED, 1234, Decimal("0.0099"), Decimal(0), None, None)
    assert after.positions[A1].account.cash_minor == 8766
    assert [(t.debit, t.credit, t.amount_minor) for t in changes.records.transfers] == [
        ("receivable", "revenue", 1234),
        ("cash", "receivable", 1234),
    ]
    assert [row.topic for row in changes.announcements] == ["bill.issued", "bill.settled"]


def test_issuing_releases_what_the_month_had_frozen():
    # 100 cash, 100 accrued: available credit is zero before issuance, and 100 after it.
    _, after = close(snapshot(position(account(cash_minor=10_000), bills=[accruing(OCT, "100.00")])))
    assert after.positions[A1].bills[0].state == "settled"


def test_the_month_after_stays_frozen_and_accruing():
    before = snapshot(position(account(cash_minor=10_000), bills=[accruing(OCT, "50"), accruing(NOV, "100")]))
    changes, after = close(before)
    assert [bill.state for bill in after.positions[A1].bills] == ["unsettled", "accruing"]
    assert changes.skips[0].reason == SkipReason.NO_AVAILABLE_CREDIT


def test_older_unsettled_bills_are_paid_first():
    before = snapshot(position(account(cash_minor=6000), bills=[issued(SEP, 5000), accruing(OCT, "50")]))
    _, after = close(before)
    assert [bill.paid_minor for bill in after.positions[A1].bills] == [5000, 1000]


def test_a_bill_of_zero_is_settled_at_once_and_moves_nothing():
    changes, after = close(snapshot(position(bills=[accruing(OCT, "0.0099")])))
    assert not changes.records.transfers
    assert not changes.records.repayments
    assert after.positions[A1].bills[0].state == "settled"
    assert changes.bills.issued[0].dropped == Decimal("0.0099")
    assert [row.topic for row in changes.announcements] == ["bill.issued", "bill.settled"]


def test_a_negative_month_becomes_a_bill_of_zero_and_is_carried_to_the_next():
    changes, after = close(snapshot(position(bills=[accruing(OCT, "-5.123", carried_in="-1")])))
    october, november = after.positions[A1].bills
    assert (october.state, october.payable_minor) == ("settled", 0)
    assert (november.cycle, november.accrued, november.carried_in) == (NOV, Decimal(0), Decimal("-6.123"))
    assert changes.bills.issued[0].carried_out == Decimal("-6.123")


def test_carried_credit_is_used_by_the_next_bill_to_the_last_digit():
    _, after = close(snapshot(position(bills=[accruing(OCT, "-5.12345678901234567890123456789")])))
    after.positions[A1].bills[1] = accruing(NOV, "10", str(after.positions[A1].bills[1].carried_in))
    changes, _ = close(after, NOV, at=utc("2026-12-02 04:00"))
    assert changes.bills.issued[0].payable_minor == 487
    assert changes.bills.issued[0].dropped == Decimal("0.00654321098765432109876543211")


def test_credit_is_not_carried_into_a_bill_that_is_issued_already():
    # October is closed late: November's bill is out, December is open.
    before = snapshot(position(bills=[accruing(OCT, "-5"), issued(NOV, 100), accruing(DEC, "1")]))
    _, after = close(before, at=OCT_ISSUED)
    assert after.positions[A1].bills[2].carried_in == Decimal(-5)
    assert after.positions[A1].bills[1].outstanding_minor == 100


def test_an_issued_bill_is_left_alone_so_a_range_may_run_twice():
    _, once = close(snapshot(position(account(cash_minor=10_000), bills=[accruing(OCT, "12.34")])))
    changes, twice = close(once)
    assert [*changes.bills.issued, *changes.records.transfers, *changes.announcements] == []
    assert twice == once


def test_an_account_without_a_bill_of_the_month_gets_none():
    changes, _ = close(snapshot(position(bills=[accruing(NOV, "5")]), position(account(2))))
    assert changes.bills.issued == []


def test_a_parked_account_is_passed_over_and_the_others_go_on():
    before = snapshot(
        position(account(1, parked_at=OCT_ISSUED), bills=[accruing(OCT, "5")]),
        position(account(2, cash_minor=1000), bills=[accruing(OCT, "5", account_id=2)]),
    )
    changes, after = close(before)
    assert [row.account_id for row in changes.bills.issued] == [2]
    assert [(skip.account_id, skip.reason) for skip in changes.skips] == [(1, SkipReason.PARKED)]
    assert after.positions[A1].bills[0].state == "accruing"


def test_a_switch_that_is_off_does_not_keep_a_bill_from_being_issued():
    owner = account(cash_minor=1000, auto_write_off_enabled=False)
    changes, after = close(snapshot(position(owner, bills=[accruing(OCT, "5")])))
    assert after.positions[A1].bills[0].state == "unsettled"
    assert changes.skips[0].reason == SkipReason.SWITCH_OFF


def test_currencies_without_or_with_three_places_round_in_their_own_unit():
    before = snapshot(
        position(account(1, currency="JPY"), bills=[accruing(OCT, "999.9")]),
        position(account(2, currency="KWD"), bills=[accruing(OCT, "1.23456", account_id=2)]),
    )
    changes, _ = close(before)
    assert [row.payable_minor for row in changes.bills.issued] == [999, 1234]


def test_available_credit_is_computed_from_every_digit():
    # Rounded to 28 digits on the way, this month would come to 100.00 and shut the gate.
    almost = "99.999999999999999999999999999999"
    before = snapshot(position(account(cash_minor=10_000), bills=[accruing(OCT, "1"), accruing(NOV, almost)]))
    _, after = close(before)
    assert after.positions[A1].bills[0].state == "settled"

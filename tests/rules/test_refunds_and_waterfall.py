"""Which bills a credit refund pays, and how a bill is paid from several funds. Rule: R4.4, R7.1, R7.2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.rules.credit_refunds import pays_past_bills, refund_may_pay, refund_order
from settlement.rules.waterfall import Fund, allocate
from tests.support.builders import DEC, NOV, OCT, refund, utc


@pytest.mark.parametrize(
    ("refund_cycle", "bill_cycle", "past_bills", "may"),
    [
        (NOV, NOV, False, True),
        (NOV, DEC, False, True),
        (NOV, OCT, False, False),
        (NOV, OCT, True, True),
        (202701, DEC, False, False),
        (DEC, 202701, False, True),
    ],
)
def test_a_refund_pays_its_own_month_and_later_ones_and_earlier_ones_if_told_to(
    refund_cycle, bill_cycle, past_bills, may
):
    assert refund_may_pay(refund_cycle, bill_cycle, past_bills=past_bills) is may


@pytest.mark.parametrize(
    ("credit_control", "switch", "past"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_only_a_credit_control_account_may_pay_past_bills_from_refunds(credit_control, switch, past):
    assert pays_past_bills(credit_control=credit_control, write_off_past_bills=switch) is past


def test_the_oldest_refund_is_used_first():
    old, new = utc("2026-10-01 00:00"), utc("2026-10-02 00:00")
    refunds = [refund(3, granted_at=new), refund(9, granted_at=old), refund(2, granted_at=new)]
    assert [item.id for item in sorted(refunds, key=refund_order)] == [9, 2, 3]


@pytest.mark.parametrize(
    ("outstanding", "funds", "taken"),
    [
        (
            100,
            [("card", 1, 30), ("refund", 2, 30), ("cash", 0, 100)],
            [("card", 1, 30), ("refund", 2, 30), ("cash", 0, 40)],
        ),
        (100, [("card", 1, 100), ("cash", 0, 100)], [("card", 1, 100)]),
        (100, [("card", 1, 0), ("cash", 0, 60)], [("cash", 0, 60)]),
        (100, [("cash", 0, 0)], []),
        (0, [("cash", 0, 60)], []),
        (100, [], []),
    ],
)
def test_funds_are_taken_in_the_order_given_until_the_bill_is_paid(outstanding, funds, taken):
    assert allocate(outstanding, [Fund(*fund) for fund in funds]) == [Fund(*fund) for fund in taken]


@given(outstanding=st.integers(0, 10**6), limits=st.lists(st.integers(0, 10**6), max_size=6))
def test_a_bill_is_paid_as_far_as_the_funds_reach_and_no_further(outstanding, limits):
    funds = [Fund("card", number, limit) for number, limit in enumerate(limits)]
    taken = allocate(outstanding, funds)
    assert sum(fund.limit_minor for fund in taken) == min(outstanding, sum(limits))
    assert all(0 < fund.limit_minor <= limits[fund.id] for fund in taken)
    # Only the last fund touched may keep something.
    assert all(fund.limit_minor == limits[fund.id] for fund in taken[:-1])

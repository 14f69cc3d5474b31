"""Which bills a credit refund pays, and which refund goes first. Rule: R7.1, R7.2."""

from __future__ import annotations

import pytest

from settlement.rules.credit_refunds import pays_past_bills, refund_may_pay, refund_order
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

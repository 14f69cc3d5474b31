"""How a bill is paid from several funds. Rule: R4.4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.rules.waterfall import Fund, allocate


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

"""Available credit with its three terms, and what of cash may be spent. Rule: R1.5, R1.6, R4.4."""

from __future__ import annotations

from decimal import Decimal

import pytest

from settlement.rules.credit import AvailableCredit, accruing_minor, spendable_cash


@pytest.mark.parametrize(
    ("cash", "limit", "frozen", "available"),
    [
        (100, 0, 0, 100),
        (0, 500, 0, 500),
        (100, 500, 50, 550),
        (100, 0, 100, 0),
        (0, 0, 30, -30),
        (10, 20, 31, -1),
    ],
)
def test_available_credit_is_cash_plus_limit_minus_frozen(cash, limit, frozen, available):
    assert AvailableCredit(cash, limit, frozen).minor == available


def test_fees_of_cycles_not_issued_yet_are_frozen_each_rounded_as_its_bill_will_be():
    # 1.999 and 2.999 would bill 199 and 299; a month of credits frees nothing of another month.
    assert accruing_minor(Decimal("1.999"), Decimal(0), "USD") == 199
    assert accruing_minor(Decimal("2.999"), Decimal(-1), "USD") == 199
    assert accruing_minor(Decimal(-50), Decimal(0), "USD") == 0
    assert accruing_minor(Decimal("7.9"), Decimal(0), "JPY") == 7


@pytest.mark.parametrize(
    ("cash", "frozen", "spendable"), [(100, 0, 100), (100, 40, 60), (100, 100, 0), (100, 250, 0), (0, 0, 0)]
)
def test_frozen_cash_is_not_spent(cash, frozen, spendable):
    assert spendable_cash(cash, frozen) == spendable

"""Amounts: whole minor units, parsed strictly, rounded down once. Rule: R1.1, R1.2, R2.2."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from settlement.errors import Refused
from settlement.model.currencies import EXPONENTS
from settlement.model.money import MAX_MINOR, decimal_text, floor_to_minor, money_text, parse_amount
from settlement.rules.issuance import issued_figures


def test_the_currencies_and_their_places_are_those_of_iso_4217():
    library = {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}
    assert library == EXPONENTS


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.34", "USD", 1234),
        ("0.01", "USD", 1),
        ("5", "USD", 500),
        ("5.10000", "USD", 510),
        ("007.50", "USD", 750),
        ("100", "JPY", 100),
        ("100.000", "JPY", 100),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        ("92233720368547758.07", "USD", MAX_MINOR),
    ],
)
def test_a_decimal_string_becomes_minor_units(text, currency, minor):
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "says"),
    [
        ("0.001", "USD", "fraction of the minor unit"),
        ("1.5", "JPY", "fraction of the minor unit"),
        ("1.2345", "KWD", "fraction of the minor unit"),
        ("0", "USD", "above zero"),
        ("0.00", "USD", "above zero"),
        ("-5", "USD", "above zero"),
        ("92233720368547758.08", "USD", "too large"),
        ("999999999999999999", "USD", "too large"),
        ("1" * 40, "USD", "decimal string"),
        ("1e3", "USD", "decimal string"),
        ("1E-2", "USD", "decimal string"),
        ("1_000", "USD", "decimal string"),
        ("1,000.00", "USD", "decimal string"),
        ("+5", "USD", "decimal string"),
        (" 5", "USD", "decimal string"),
        ("5\n", "USD", "decimal string"),
        ("", "USD", "decimal string"),
        (".5", "USD", "decimal string"),
        ("5.", "USD", "decimal string"),
        ("NaN", "USD", "decimal string"),
        ("Infinity", "USD", "decimal string"),
        ("١٢", "USD", "decimal string"),
        ("１２", "USD", "decimal string"),
        (5, "USD", "decimal string"),
        (5.0, "USD", "decimal string"),
        (True, "USD", "decimal string"),
        (None, "USD", "decimal string"),
        (Decimal(5), "USD", "decimal string"),
    ],
)
def test_anything_else_is_refused_and_says_why(text, currency, says):
    with pytest.raises(Refused, match=says) as refusal:
        parse_amount(text, currency)
    assert refusal.value.code == "bad_amount"


@pytest.mark.parametrize("currency", ["", "usd", "US", "XXX", "XAU", "USDT", "BTC"])
def test_what_is_no_currency_with_a_minor_unit_is_refused(currency):
    with pytest.raises(Refused) as refusal:
        parse_amount("1", currency)
    assert refusal.value.code == "unknown_currency"


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1234, "USD", "12.34"),
        (-5, "USD", "-0.05"),
        (0, "USD", "0.00"),
        (7, "JPY", "7"),
        (-1, "KWD", "-0.001"),
        (1, "CLF", "0.0001"),
    ],
)
def test_minor_units_are_written_with_the_places_of_their_currency(minor, currency, text):
    assert decimal_text(minor, currency) == text
    assert money_text(minor, currency) == f"{text} {currency}"


@given(minor=st.integers(1, 10**18 - 1), currency=st.sampled_from(["JPY", "USD", "KWD", "CLF"]))
def test_what_is_written_reads_back(minor, currency):
    assert parse_amount(decimal_text(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("accrued", "currency", "payable", "dropped"),
    [
        ("12.349999999999", "USD", 1234, "0.009999999999"),
        ("12.34", "USD", 1234, "0"),
        ("0.0099", "USD", 0, "0.0099"),
        ("99.99", "JPY", 99, "0.99"),
        ("1.23456", "KWD", 1234, "0.00056"),
        ("1.23456", "CLF", 12345, "0.00006"),
        ("0", "USD", 0, "0"),
        (
            "123456789012345678.123456789012345678901234567890",
            "USD",
            12345678901234567812,
            "0.003456789012345678901234567890",
        ),
    ],
)
def test_a_month_is_rounded_down_once_and_keeps_what_it_drops(accrued, currency, payable, dropped):
    figures = issued_figures(Decimal(accrued), Decimal(0), currency)
    assert figures == (payable, Decimal(dropped), Decimal(0))


def test_many_small_fees_are_summed_before_they_are_rounded():
    # 300 fees of a third of a cent: rounding each would bill nothing.
    figures = issued_figures(Decimal("0.0033") * 300, Decimal(0), "USD")
    assert figures.payable_minor == 99
    assert figures.dropped == 0


@pytest.mark.parametrize(
    ("accrued", "carried_in", "figures"),
    [
        ("-5.123", "0", (0, "0", "-5.123")),
        ("3", "-5.5", (0, "0", "-2.5")),
        ("5.5", "-5.5", (0, "0", "0")),
        ("10", "-2.505", (749, "0.005", "0")),
        ("-0.001", "0", (0, "0", "-0.001")),
    ],
)
def test_a_bill_never_falls_below_zero_and_the_rest_is_carried_over(accrued, carried_in, figures):
    payable, dropped, carried_out = figures
    assert issued_figures(Decimal(accrued), Decimal(carried_in), "USD") == (
        payable,
        Decimal(dropped),
        Decimal(carried_out),
    )


@given(
    accrued=st.decimals(-(10**12), 10**12, places=12),
    carried_in=st.decimals(-(10**6), 0, places=30),
    currency=st.sampled_from(["JPY", "USD", "KWD", "CLF"]),
)
def test_nothing_vanishes_when_a_bill_is_issued(accrued, carried_in, currency):
    payable, dropped, carried_out = issued_figures(accrued, carried_in, currency)
    unit = Decimal(1).scaleb(-EXPONENTS[currency])
    with_all_digits = Decimal(accrued).as_integer_ratio(), Decimal(carried_in).as_integer_ratio()
    total = sum_of(*with_all_digits)
    parts = sum_of(
        (payable * unit).as_integer_ratio(), dropped.as_integer_ratio(), carried_out.as_integer_ratio()
    )
    assert parts == total
    assert 0 <= dropped < unit
    assert payable >= 0 >= carried_out
    assert not (payable and carried_out)


def sum_of(*ratios):
    from fractions import Fraction

    return sum(Fraction(*ratio) for ratio in ratios)


def test_rounding_goes_down_for_negative_amounts_too():
    assert floor_to_minor(Decimal("-1.239"), "USD") == (-124, Decimal("0.001"))

"""Values as people, programs and CSV files get them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from interfaces.fields.values import (
    Json,
    csv_cell,
    duration,
    exact,
    exact_digits,
    json_text,
    money,
    ordinal,
    text,
)

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seen", "cell", "plain"),
    [
        (None, "-", "", None),
        ("", "-", "", ""),
        (True, "yes", True, True),
        (2_000, "2,000", 2_000, 2_000),
        (money(1_234, "USD"), "12.34 USD", "12.34", {"amount": "12.34", "currency": "USD"}),
        (money(5, "JPY"), "5 JPY", "5", {"amount": "5", "currency": "JPY"}),
        (exact(Decimal("0.1230"), "USD"), "0.123 USD", "0.123", {"amount": "0.123", "currency": "USD"}),
        (AT, "2026-11-02T12:00:00+08:00", "2026-11-02T04:00:00Z", "2026-11-02T04:00:00Z"),
        (date(2026, 11, 2), "2026-11-02", date(2026, 11, 2), "2026-11-02"),
    ],
)  # fmt: skip
def test_a_value_has_a_form_for_people_for_csv_and_for_programs(
    value: Json, seen: str, cell: object, plain: object
) -> None:
    assert text(value, ZONE) == seen
    assert csv_cell(value) == cell
    assert json.loads(json_text(value)) == plain


def test_a_bare_amount_leaves_its_currency_to_another_column() -> None:
    assert text(money(1_234, "USD"), ZONE, bare=True) == "12.34"
    assert text(exact(Decimal(3), "USD"), ZONE, bare=True) == "3.00"


def test_where_there_is_no_amount_there_is_no_value() -> None:
    assert money(None, "USD") is None
    assert exact(None, "USD") is None


def test_what_has_no_form_in_json_is_no_json() -> None:
    with pytest.raises(TypeError, match="Decimal has no form"):
        json_text({"amount": Decimal(1)})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("amount", "currency", "digits"),
    [
        ("1.1234567890", "USD", "1.123456789"), ("3", "USD", "3.00"), ("-0.5", "EUR", "-0.50"), ("1200", "JPY", "1200"),
        ("1E+3", "JPY", "1000"), ("0E-10", "USD", "0.00"),
    ],
)  # fmt: skip
def test_exact_amounts_keep_every_place_that_says_something(amount: str, currency: str, digits: str) -> None:
    assert exact_digits(Decimal(amount), currency) == digits


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.2, "0 s"), (59, "59 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (90_000, "1 d 1 h")],
)
def test_lengths_of_time_read_well(seconds: float, written: str) -> None:
    assert duration(seconds) == written


def test_places_in_an_order_are_written_as_people_say_them() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th",
    ]  # fmt: skip

"""What a list of fields makes of a row, and that the lists of all nouns are sound."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

import interfaces.fields
from interfaces.fields.field import (
    Column,
    Field,
    Fields,
    as_object,
    as_objects,
    cells,
    columns,
    csv_header,
    csv_line,
    figure,
)
from interfaces.fields.funds import card_fields, coupon_fields
from interfaces.fields.gateway.reconciliation import left_out_fields
from interfaces.fields.overdue import due_bill_fields
from interfaces.fields.values import Money, money


class Tea(NamedTuple):
    name: str
    minor: int
    sold_out: bool


TEAS: Fields[Tea] = (
    Field("tea", "tea", lambda row: row.name, column="tea"),
    figure("price", "costs", lambda row: money(row.minor, "USD"), bare=True, column="price"),
    Field("sold_out", "", lambda row: row.sold_out),
    Field("", "state", lambda row: row.sold_out, seen=lambda row: "gone" if row.sold_out else None),
)
GREEN, BLACK = Tea("green", 450, True), Tea("black", 300, False)


def test_a_table_an_object_and_a_line_of_csv_come_from_one_list() -> None:
    assert columns(TEAS) == [Column("tea"), Column("costs", right=True), Column("state")]
    assert [cells(TEAS, row, UTC) for row in (GREEN, BLACK)] == [
        ["green", "4.50", "gone"],
        ["black", "3.00", "-"],
    ]
    assert as_object(TEAS, GREEN) == {"tea": "green", "price": Money(450, "USD"), "sold_out": True}
    assert [one["tea"] for one in as_objects(TEAS, [GREEN, BLACK])] == ["green", "black"]
    assert (csv_header(TEAS), csv_line(TEAS, GREEN)) == (["tea", "price"], ["green", "4.50"])


NOW = datetime(2026, 11, 2, tzinfo=UTC)
NOUNS: dict[str, Fields[Any]] = {
    f"{module.name}.{name}": value
    for module in pkgutil.iter_modules(interfaces.fields.__path__)
    for name, value in vars(importlib.import_module(f"interfaces.fields.{module.name}")).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, tuple) and isinstance(value[0], Field)
} | {
    "cards": card_fields(NOW),
    "coupons": coupon_fields(NOW),
    "due bills": due_bill_fields(NOW.date()),
    "left out": left_out_fields(UTC),
}  # fmt: skip


@pytest.mark.parametrize("noun", NOUNS)
def test_no_name_is_given_twice_and_every_field_is_somewhere(noun: str) -> None:
    fields = NOUNS[noun]
    assert len(NOUNS) > 20
    for names in ([one.key for one in fields], [one.title for one in fields], [one.column for one in fields]):
        given = [name for name in names if name]
        assert len(given) == len(set(given))
    assert all(one.key or one.title or one.column for one in fields)

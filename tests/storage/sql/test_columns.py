"""Lists of columns come from a table and from the type of row they fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest

from settlement.storage.sql.columns import columns
from settlement.storage.tables.bills import BILL_LINE


class Tuple(NamedTuple):
    account_id: int
    product: str


@dataclass(frozen=True, slots=True)
class Dataclass:
    product: str
    is_paid: bool


def test_the_fields_name_the_columns_in_their_order():
    assert columns(BILL_LINE, Tuple) == "account_id, product"
    assert columns(BILL_LINE, Tuple, "l") == "l.account_id, l.product"


def test_what_is_no_column_is_given_as_an_expression():
    paid = "l.card_paid_minor > 0"
    assert columns(BILL_LINE, Dataclass, "l", is_paid=paid) == f"l.product, {paid}"


def test_a_field_that_is_neither_is_refused_when_the_module_is_read():
    with pytest.raises(KeyError, match="is_paid"):
        columns(BILL_LINE, Dataclass)

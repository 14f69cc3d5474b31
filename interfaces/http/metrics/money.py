"""Metrics of money that is not settled. Sums by currency, no names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from interfaces.http.metrics.exposition import Family, labelled
from settlement.model.money import decimal_text
from settlement.queries import overview


def families(tx: Connection, today: date) -> Iterator[Family]:
    """What is unsettled, by currency and age past its due date. `today` is a local date."""
    found = overview.bill_sums(tx).unsettled_by_age(today)
    yield labelled(
        "settle_unsettled_amount", "What is outstanding of unsettled bills, in units of the currency.",
        ("currency", "age"),
        [((row.currency, row.age), Decimal(decimal_text(row.outstanding_minor, row.currency))) for row in found],
    )  # fmt: skip
    yield labelled(
        "settle_unsettled_bills", "Bills that are unsettled.", ("currency", "age"),
        [((row.currency, row.age), row.bills) for row in found],
    )  # fmt: skip

"""From the cells of one row to a fee, or to the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from settlement.focus import columns as focus_columns
from settlement.focus import identity, values
from settlement.focus.columns import Columns
from settlement.focus.lines import FeeLine
from settlement.focus.values import RowRefused

RowToFee = Callable[[int, Sequence[str]], FeeLine]


def row_to_fee(columns: Columns) -> RowToFee:
    """A function from (line, cells) to a fee, for one file. It raises `RowRefused` with the reason.

    Every charge category is a fee by its cost: usage, purchases, tax, credits and adjustments; zero costs too.
    The fee is incurred at ChargePeriodStart, or at BillingPeriodStart where that is missing.
    """
    names = columns.names
    width = len(columns.all)
    at_account, at_cost, at_currency = columns.account, columns.cost, columns.currency
    at_started, at_ended, at_billed = columns.started, columns.ended, columns.billed_from
    at_product, at_order = columns.product, columns.order
    accounts = values.account_text(names.account)
    amounts = values.amount(names.cost, decimal_comma=names.decimal_comma)
    currencies = values.currency(focus_columns.CURRENCY)
    starts = values.instant(focus_columns.STARTED)
    ends = values.instant(focus_columns.ENDED)
    billing_starts = values.instant(focus_columns.BILLED_FROM)
    products = values.optional_text()
    orders = values.optional_text()
    key = _row_key(columns)
    at_provider, providers = columns.provider, values.optional_text()
    new_tuple = tuple.__new__

    def to_fee(line: int, cells: Sequence[str]) -> FeeLine:
        if len(cells) != width:
            raise RowRefused(f"{len(cells)} fields where the header has {width}")
        account = accounts[cells[at_account]]
        amount, currency = amounts[cells[at_cost]], currencies[cells[at_currency]]
        incurred_at = None if at_started is None else starts[cells[at_started]]
        period = None
        if incurred_at is None:
            incurred_at = period = None if at_billed is None else billing_starts[cells[at_billed]]
            if incurred_at is None:
                raise RowRefused(f"{focus_columns.STARTED} is missing")
        elif at_billed is not None:
            period = _if_any(billing_starts, cells[at_billed])
        if period is None:
            period = incurred_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        ended_at = None if at_ended is None else ends[cells[at_ended]]
        # Made past the named tuple's own constructor, which costs as much as half the rest.
        return new_tuple(
            FeeLine,
            (
                line,
                account,
                amount,
                currency,
                "" if at_product is None else products[cells[at_product]],
                "" if at_order is None else orders[cells[at_order]],
                incurred_at,
                ended_at,
                key(account, amount, currency, incurred_at, ended_at, period, cells),
                "" if at_provider is None else providers[cells[at_provider]],
                period,
            ),
        )

    return to_fee


def _if_any(instants: values.Memo[datetime | None], text: str) -> datetime | None:
    """The instant, or None where the text is none: a fee that says when it was incurred needs no other date."""
    try:
        return instants[text]
    except RowRefused:
        return None


def _row_key(columns: Columns) -> identity.RowIdentity:
    if columns.id is None:
        return identity.of_row(columns)
    at_id = columns.id

    def of_id(account: str, *parts: object) -> bytes:
        cells: Sequence[str] = parts[-1]  # type: ignore[assignment]
        value = cells[at_id].strip()
        if value in values.MISSING:
            raise RowRefused(f"{columns.names.id} is missing")
        return identity.of_id(account, value)

    return of_id

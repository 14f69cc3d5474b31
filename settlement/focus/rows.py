"""From the cells of one row to a fee, or to the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    amounts = values.amount(names.cost)
    currencies = values.currency(focus_columns.CURRENCY)
    starts = values.instant(focus_columns.STARTED)
    ends = values.instant(focus_columns.ENDED)
    billing_starts = values.instant(focus_columns.BILLED_FROM)
    products = values.optional_text()
    orders = values.optional_text()
    key = _row_key(columns)
    new_tuple = tuple.__new__

    def to_fee(line: int, cells: Sequence[str]) -> FeeLine:
        if len(cells) != width:
            raise RowRefused(f"{len(cells)} fields where the header has {width}")
        account = accounts[cells[at_account]]
        incurred_at = None if at_started is None else starts[cells[at_started]]
        if incurred_at is None:
            incurred_at = None if at_billed is None else billing_starts[cells[at_billed]]
            if incurred_at is None:
                raise RowRefused(f"{focus_columns.STARTED} is missing")
        # Made past the named tuple's own constructor, which costs as much as half the rest.
        return new_tuple(
            FeeLine,
            (
                line,
                account,
                amounts[cells[at_cost]],
                currencies[cells[at_currency]],
                "" if at_product is None else products[cells[at_product]],
                "" if at_order is None else orders[cells[at_order]],
                incurred_at,
                None if at_ended is None else ends[cells[at_ended]],
                key(account, cells),
            ),
        )

    return to_fee


def _row_key(columns: Columns) -> Callable[[str, Sequence[str]], bytes]:
    if columns.id is None:
        of_row = identity.of_row(columns.all)
        return lambda _account, cells: of_row(cells)
    at_id = columns.id

    def of_id(account: str, cells: Sequence[str]) -> bytes:
        value = cells[at_id].strip()
        if value in values.MISSING:
            raise RowRefused(f"{columns.names.id} is missing")
        return identity.of_id(account, value)

    return of_id

"""Loads bills that are not settled, or not older than requested, and lines of bills."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

from settlement.model.accounts import AccountId
from settlement.model.bills import Bill, BillLine
from settlement.model.snapshot import Position
from settlement.storage.load.scope import Owners
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import by_account, driver_rows, rows_as
from settlement.storage.tables.bills import BILL, BILL_LINE

_MINE = "account_id = ANY(CAST(:ids AS bigint[])) AND account_id BETWEEN :first AND :last"
_BILLS = text(f"""
    SELECT {columns(BILL, Bill, overdue="overdue_at IS NOT NULL")}
    FROM bill WHERE {_MINE} AND (state <> 'settled' OR cycle >= CAST(:from_cycle AS integer))
    ORDER BY account_id, cycle""")
_LINES = text(f"""
    SELECT {columns(BILL_LINE, BillLine, "l")}
    FROM unnest(CAST(:ids AS bigint[]), CAST(:cycles AS integer[])) AS open (account_id, cycle)
    JOIN bill_line l USING (account_id, cycle)
    WHERE l.account_id BETWEEN :first AND :last
    ORDER BY l.account_id, l.cycle, l.product, l.order_id, l.single_month""")


def load_bills(
    tx: Connection, positions: dict[AccountId, Position], owners: Owners, *, from_cycle: int | None
) -> None:
    """Oldest cycle first; settled ones from `from_cycle` on."""
    for bill in rows_as(tx.execute(_BILLS, owners | {"from_cycle": from_cycle}), Bill):
        positions[bill.account_id].bills.append(bill)


def load_lines(tx: Connection, positions: dict[AccountId, Position], owners: Collection[AccountId]) -> None:
    """The lines of the owners' open bills. The bounds keep PostgreSQL on the index."""
    bills = [bill for owner in owners for bill in positions[owner].bills if bill.state != "settled"]
    parameters = {
        "ids": id_array(bill.account_id for bill in bills),
        "cycles": id_array(bill.cycle for bill in bills),
        "first": min(owners),
        "last": max(owners),
    }
    lines = by_account(BillLine(*row) for row in driver_rows(tx.execute(_LINES, parameters)))
    for account_id, of_bills in lines.items():
        positions[account_id].lines = of_bills

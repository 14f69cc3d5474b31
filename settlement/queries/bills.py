"""Bills and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.bills import BillState
from settlement.model.cycle import Cycle, cycle_text
from settlement.queries.accounts import check_known
from settlement.storage.sql.arrays import text_array
from settlement.storage.sql.columns import columns
from settlement.storage.tables.bills import BILL, BILL_LINE


@dataclass(frozen=True, slots=True)
class BillView:
    """A bill. `accrued`, `carried_in`, `dropped` and `carried_out` are exact, in major units; the rest minor units.

    `due_on` is a local date, computed by `due_rule`; `overdue_at` when it was found overdue, paid by now or not;
    `archive_id` the archive that its fees are in, where they have been written out, `records_archive_id` that of what
    it is made of, of its repayments and of its entries.
    """

    account: str
    cycle: Cycle
    currency: str
    state: BillState
    accrued: Decimal
    carried_in: Decimal
    payable_minor: int | None
    dropped: Decimal | None
    carried_out: Decimal | None
    paid_minor: int
    issued_at: datetime | None
    settled_at: datetime | None
    due_on: date | None
    due_rule: str | None
    overdue_at: datetime | None
    archive_id: int | None = None
    records_archive_id: int | None = None


@dataclass(frozen=True, slots=True)
class BillLineView:
    """What one product and order put on a bill, exact, and what cards paid of it, minor units."""

    product: str
    order_id: str
    single_month: bool
    accrued: Decimal
    card_paid_minor: int
    currency: str


_BILL_SELECT = f"""
    SELECT {columns(BILL, BillView, "b", account="a.external_id")}
    FROM bill b JOIN account a ON a.id = b.account_id"""
_BILLS = text(f"""{_BILL_SELECT}
    WHERE (CAST(:account AS text) IS NULL OR b.account_id = (SELECT id FROM account WHERE external_id = :account))
      AND (CAST(:cycle AS integer) IS NULL OR b.cycle = :cycle)
      AND (CAST(:state AS bill_state) IS NULL OR b.state = CAST(:state AS bill_state))
      AND (CAST(:after_account AS text) IS NULL OR (b.account_id, b.cycle)
           > ((SELECT id FROM account WHERE external_id = :after_account), CAST(:after_cycle AS integer)))
    ORDER BY b.account_id, b.cycle LIMIT :limit""")
_BILL = text(f"{_BILL_SELECT} WHERE a.external_id = :account AND b.cycle = :cycle")
_BILL_LINES = text(f"""
    SELECT {columns(BILL_LINE, BillLineView, "l", currency="a.currency")}
    FROM bill_line l JOIN account a ON a.id = l.account_id
    WHERE a.external_id = :account AND l.cycle = :cycle
      AND (CAST(:product AS text) IS NULL OR (-l.accrued, l.product, l.order_id, l.single_month) >
           (SELECT -p.accrued, p.product, p.order_id, p.single_month FROM bill_line p
            WHERE p.account_id = a.id AND p.cycle = :cycle AND p.product = :product AND p.order_id = :order_id
              AND p.single_month = CAST(:single_month AS boolean)))
    ORDER BY -l.accrued, l.product, l.order_id, l.single_month LIMIT :limit""")
_UNSETTLED = text(f"""{_BILL_SELECT}
    WHERE a.external_id = ANY(CAST(:names AS text[])) AND b.state = 'unsettled'
    ORDER BY b.account_id, b.cycle LIMIT :limit""")
_ACCRUING_ACCOUNTS = text("SELECT count(*) FROM bill WHERE state = 'accruing' AND cycle = :cycle")


def bills(
    tx: Connection,
    *,
    limit: int,
    after: tuple[str, int] | None = None,
    account: str | None = None,
    cycle: int | None = None,
    state: BillState | None = None,
) -> list[BillView]:
    """Bills by account in the order of opening, then by cycle, from the one after `after` (account, cycle) on.

    Raises:
        NotFound: an account that was named does not exist.
    """
    after_account, after_cycle = after or (None, None)
    parameters = {
        "limit": limit, "account": account, "cycle": cycle, "state": state,
        "after_account": after_account, "after_cycle": after_cycle,
    }  # fmt: skip
    found = [BillView(*row) for row in tx.execute(_BILLS, parameters)]
    check_known(tx, found, account, after_account)
    return found


def unsettled(tx: Connection, names: Sequence[str], *, limit: int) -> dict[str, list[BillView]]:
    """The unsettled bills of these accounts, by account, each account's by cycle; accounts without one are left out."""
    found: dict[str, list[BillView]] = {}
    for row in tx.execute(_UNSETTLED, {"names": text_array(list(names)), "limit": limit}):
        view = BillView(*row)
        found.setdefault(view.account, []).append(view)
    return found


def bill(tx: Connection, account: str, cycle: int) -> BillView:
    """One bill.

    Raises:
        NotFound: the account does not exist, or has no bill of this cycle.
    """
    row = tx.execute(_BILL, {"account": account, "cycle": cycle}).one_or_none()
    if row is None:
        check_known(tx, (), account)
        raise NotFound(
            "unknown_bill",
            f"account {account} has no bill of {cycle_text(cycle)}; "
            f"`settle bills list --account {account}` shows its bills",
        )
    return BillView(*row)


def bill_lines(
    tx: Connection, account: str, cycle: int, *, limit: int, after: tuple[str, str, bool] | None = None
) -> list[BillLineView]:
    """What a bill is made of, the largest first, from the line after `after` (product, order, of a single month) on."""
    product, order_id, single_month = after or (None, None, None)
    parameters = {
        "account": account, "cycle": cycle, "limit": limit,
        "product": product, "order_id": order_id, "single_month": single_month,
    }  # fmt: skip
    return [BillLineView(*row) for row in tx.execute(_BILL_LINES, parameters)]


def accruing_accounts(tx: Connection, cycle: int) -> int:
    """How many accounts have a bill of the cycle that is not issued yet."""
    return int(tx.execute(_ACCRUING_ACCOUNTS, {"cycle": cycle}).scalar_one())

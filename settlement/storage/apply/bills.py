"""Writes fees, and the bills they are on: what accrues, what is issued, what is paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from settlement.errors import Broken
from settlement.model.rows.bills import (
    Accrual,
    BillPaid,
    BillRows,
    BillValues,
    FeeRow,
    LineAccrual,
    LinePaid,
    RepeatRow,
)
from settlement.storage.sql.copy import copy_rows
from settlement.storage.sql.rows import from_rows, read, write
from settlement.storage.tables.bills import BILL, BILL_LINE
from settlement.storage.tables.fees import FEE, FEE_IMPORT_REPEAT

_ACCRUALS = from_rows(
    BILL,
    Accrual,
    """INSERT INTO bill ($columns)
       SELECT account_id, cycle, min(currency), sum(accrued), sum(carried_in) FROM $v GROUP BY account_id, cycle
       ON CONFLICT (account_id, cycle) DO UPDATE
       SET accrued = bill.accrued + excluded.accrued, carried_in = bill.carried_in + excluded.carried_in
       WHERE bill.state = 'accruing' RETURNING account_id, cycle""",
)
_LINE_ACCRUALS = from_rows(
    BILL_LINE,
    LineAccrual,
    """INSERT INTO bill_line ($columns)
       SELECT account_id, cycle, product, order_id, single_month, sum(accrued) FROM $v
       GROUP BY account_id, cycle, product, order_id, single_month
       ON CONFLICT (account_id, cycle, product, order_id, single_month) DO UPDATE
       SET accrued = bill_line.accrued + excluded.accrued""",
)
_REPEATS = from_rows(
    FEE_IMPORT_REPEAT,
    RepeatRow,
    """INSERT INTO fee_import_repeat ($columns) SELECT $columns FROM $v
       ON CONFLICT (import_id, account_id, fee_key) DO UPDATE SET $excluded""",
)
_ISSUED = from_rows(
    BILL,
    BillValues,
    """UPDATE bill b SET $set, issued_at = CAST(:at AS timestamptz)
       FROM $v WHERE b.account_id = v.account_id AND b.cycle = v.cycle AND b.state = 'accruing'
         AND b.account_id BETWEEN :first AND :last""",
)
# Of a settled one nothing is paid, and less of it is where a payment was taken back: it is overdue anew then, or not.
_PAID = from_rows(
    BILL,
    BillPaid,
    """UPDATE bill b SET $set,
           overdue_at = CASE WHEN b.state = 'unsettled' OR v.state = 'settled' THEN b.overdue_at END
       FROM $v WHERE b.account_id = v.account_id AND b.cycle = v.cycle
         AND (b.state = 'unsettled' OR (b.state = 'settled' AND v.paid_minor <= b.paid_minor))
         AND b.account_id BETWEEN :first AND :last""",
)
_LINES_PAID = from_rows(
    BILL_LINE,
    LinePaid,
    """UPDATE bill_line l SET $set
       FROM $v WHERE l.account_id = v.account_id AND l.cycle = v.cycle AND l.product = v.product
         AND l.order_id = v.order_id AND l.single_month = v.single_month
         AND l.account_id BETWEEN :first AND :last""",
)


class _BillKey(NamedTuple):
    account_id: int
    cycle: int


def apply_bills(tx: Connection, rows: BillRows, at: datetime) -> None:
    """Fees first, which create the bills that are issued and paid after. `at` is the logical instant (UTC).

    Raises:
        Broken: a bill that should accrue, be issued or be paid was not in the state the plan saw. Nothing may be
            committed.
    """
    _accrue(tx, rows)
    copy_rows(tx, FEE, FeeRow, rows.fees, booked_at=at)
    write(tx, _REPEATS, rows.repeats)
    _expect(write(tx, _ISSUED, rows.issued, at=at), rows.issued)
    _expect(write(tx, _PAID, rows.paid, at=at), rows.paid)
    write(tx, _LINES_PAID, rows.lines_paid)


def _expect(written: int, rows: Sequence[Any]) -> None:
    if written != len(rows):
        raise not_as_planned((row.account_id, row.cycle) for row in rows)


def not_as_planned(bills: Iterable[tuple[int, int]]) -> Broken:
    """An UPDATE that met fewer rows than the plan decided on means that the plan saw something else. By account and
    cycle.
    """
    return Broken(
        {account_id: f"bill {cycle} is not in the state the plan saw" for account_id, cycle in bills}
    )


def _accrue(tx: Connection, rows: BillRows) -> None:
    written = read(tx, _ACCRUALS, rows.accruals)
    expected = {_BillKey(row.account_id, row.cycle) for row in rows.accruals}
    if len(written) != len(expected):
        missing = expected - {_BillKey(row[0], row[1]) for row in written}
        raise Broken({key.account_id: f"bill {key.cycle} is issued and cannot accrue" for key in missing})
    write(tx, _LINE_ACCRUALS, rows.line_accruals)

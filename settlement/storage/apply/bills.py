"""Writes fees, and the bills they are on: what accrues, what is issued, what is paid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from settlement.errors import Broken
from settlement.model.rows.bills import BillRows, FeeRow
from settlement.storage.sql.copy import copy_rows, escape
from settlement.storage.sql.rows import from_rows, parameters, write

_ACCRUALS = from_rows(
    """INSERT INTO bill (account_id, cycle, currency, accrued, carried_in)
       SELECT account_id, cycle, min(currency), sum(accrued), sum(carried_in) FROM $v GROUP BY account_id, cycle
       ON CONFLICT (account_id, cycle) DO UPDATE
       SET accrued = bill.accrued + excluded.accrued, carried_in = bill.carried_in + excluded.carried_in
       WHERE bill.state = 'accruing' RETURNING account_id, cycle""",
    account_id="bigint", cycle="integer", currency="char(3)", accrued="numeric", carried_in="numeric",
)  # fmt: skip
_LINE_ACCRUALS = from_rows(
    """INSERT INTO bill_line (account_id, cycle, product, order_id, single_month, accrued)
       SELECT account_id, cycle, product, order_id, single_month, sum(accrued) FROM $v
       GROUP BY account_id, cycle, product, order_id, single_month
       ON CONFLICT (account_id, cycle, product, order_id, single_month) DO UPDATE
       SET accrued = bill_line.accrued + excluded.accrued""",
    account_id="bigint", cycle="integer", product="text", order_id="text", single_month="boolean", accrued="numeric",
)  # fmt: skip
_REPEATS = from_rows(
    """INSERT INTO fee_import_repeat (import_id, account_id, fee_key, met)
       SELECT import_id, account_id, fee_key, met FROM $v
       ON CONFLICT (import_id, account_id, fee_key) DO UPDATE SET met = excluded.met""",
    import_id="bigint", account_id="bigint", fee_key="uuid", met="integer",
)  # fmt: skip
_ISSUED = from_rows(
    """UPDATE bill b SET state = v.state, payable_minor = v.payable_minor, dropped = v.dropped,
           carried_out = v.carried_out, paid_minor = v.paid_minor, issued_at = CAST(:at AS timestamptz),
           settled_at = CASE WHEN v.state = 'settled' THEN CAST(:at AS timestamptz) END,
           due_on = v.due_on, due_rule = v.due_rule
       FROM $v WHERE b.account_id = v.account_id AND b.cycle = v.cycle AND b.state = 'accruing'
         AND b.account_id BETWEEN :first AND :last""",
    account_id="bigint", cycle="integer", state="bill_state", payable_minor="bigint", dropped="numeric",
    carried_out="numeric", paid_minor="bigint", due_on="date", due_rule="text",
)  # fmt: skip
_PAID = from_rows(
    """UPDATE bill b SET state = v.state, paid_minor = v.paid_minor, reserved_minor = v.reserved_minor,
           settled_at = CASE WHEN v.state = 'settled' THEN CAST(:at AS timestamptz) END
       FROM $v WHERE b.account_id = v.account_id AND b.cycle = v.cycle AND b.state = 'unsettled'
         AND b.account_id BETWEEN :first AND :last""",
    account_id="bigint", cycle="integer", state="bill_state", paid_minor="bigint", reserved_minor="bigint",
)  # fmt: skip
_LINES_PAID = from_rows(
    """UPDATE bill_line l SET card_paid_minor = v.card_paid_minor
       FROM $v WHERE l.account_id = v.account_id AND l.cycle = v.cycle AND l.product = v.product
         AND l.order_id = v.order_id AND l.single_month = v.single_month
         AND l.account_id BETWEEN :first AND :last""",
    account_id="bigint", cycle="integer", product="text", order_id="text", single_month="boolean",
    card_paid_minor="bigint",
)  # fmt: skip


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
    copy_rows(
        tx,
        "fee (account_id, fee_key, occurrence, cycle, amount, currency, product, order_id, incurred_at, late, "
        "import_id, inbox_id, booked_at)",
        _fees(rows.fees, at.isoformat()),
    )
    write(tx, _REPEATS, rows.repeats)
    _expect(write(tx, _ISSUED, rows.issued, at=at), rows.issued)
    _expect(write(tx, _PAID, rows.paid, at=at), rows.paid)
    write(tx, _LINES_PAID, rows.lines_paid)


def _expect(written: int, rows: Sequence[Any]) -> None:
    """An UPDATE that met fewer rows than the plan decided on means that the plan saw something else."""
    if written != len(rows):
        raise Broken({row.account_id: f"bill {row.cycle} is not in the state the plan saw" for row in rows})


def _accrue(tx: Connection, rows: BillRows) -> None:
    if not rows.accruals:
        return
    clause, columns = _ACCRUALS
    written = tx.execute(clause, parameters(columns, rows.accruals)).all()
    expected = {_BillKey(row.account_id, row.cycle) for row in rows.accruals}
    if len(written) != len(expected):
        missing = expected - {_BillKey(row[0], row[1]) for row in written}
        raise Broken({key.account_id: f"bill {key.cycle} is issued and cannot accrue" for key in missing})
    write(tx, _LINE_ACCRUALS, rows.line_accruals)


def _fees(rows: Sequence[FeeRow], now: str) -> Iterator[str]:
    for row in rows:
        (
            account_id, key, occurrence, cycle, amount, currency, product, order_id, incurred_at, late, imp, inbox,
        ) = row  # fmt: skip
        yield (
            f"{account_id}\t{key}\t{occurrence}\t{cycle}\t{amount}\t{currency}\t{escape(product)}\t{escape(order_id)}\t"
            f"{incurred_at.isoformat()}\t{'t' if late else 'f'}\t{_null(imp)}\t{_null(inbox)}\t{now}\n"
        )


def _null(value: int | None) -> str:
    return "\\N" if value is None else str(value)

"""Writes changes: at most one statement per table, COPY for new rows, UPDATE … FROM unnest for known ones.

Makes no decision. Everything in it happens in the caller's transaction, the announcements included.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import Broken
from settlement.model.changes import Changes
from settlement.storage.apply.charges import apply_collecting
from settlement.storage.apply.credit import apply_credit
from settlement.storage.apply.payments import apply_repaying
from settlement.storage.apply.refunds import apply_refunds
from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.copy import copy_rows, escape
from settlement.storage.sql.rows import from_rows, parameters, write
from settlement.storage.work import outbox

_ACCOUNTS = from_rows(
    """UPDATE account a SET cash_minor = v.cash_minor, credit_limit_minor = v.credit_limit_minor,
           frozen_minor = v.frozen_minor, credit_control = v.credit_control,
           auto_write_off_enabled = v.auto_write_off_enabled, write_off_past_bills = v.write_off_past_bills,
           transferred_in_minor = v.transferred_in_minor, returnable_minor = v.returnable_minor,
           held_minor = v.held_minor
       FROM $v WHERE a.id = v.id AND a.id BETWEEN :first AND :last""",
    id="bigint", cash_minor="bigint", credit_limit_minor="bigint", frozen_minor="bigint", credit_control="boolean",
    auto_write_off_enabled="boolean", write_off_past_bills="boolean", transferred_in_minor="bigint",
    returnable_minor="bigint", held_minor="bigint",
)  # fmt: skip
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
_CARDS = from_rows(
    """UPDATE stored_value_card c SET balance_minor = v.balance_minor
       FROM $v WHERE c.account_id = v.account_id AND c.id = v.id AND c.account_id BETWEEN :first AND :last""",
    id="bigint", account_id="bigint", balance_minor="bigint",
)  # fmt: skip
_REFUNDS = from_rows(
    """UPDATE credit_refund r SET remaining_minor = v.balance_minor
       FROM $v WHERE r.account_id = v.account_id AND r.id = v.id AND r.account_id BETWEEN :first AND :last
         AND r.remaining_minor > 0""",
    id="bigint", account_id="bigint", balance_minor="bigint",
)  # fmt: skip
_HOLDS_SET = from_rows(
    """INSERT INTO write_off_hold (account_id, reason, ref, held_at)
       SELECT account_id, reason, ref, :at FROM $v ON CONFLICT DO NOTHING""",
    account_id="bigint", reason="text", ref="text", held="boolean",
)  # fmt: skip
_HOLDS_RELEASED = from_rows(
    """DELETE FROM write_off_hold h USING $v
       WHERE h.account_id = v.account_id AND h.reason = v.reason AND h.ref = v.ref""",
    account_id="bigint", reason="text", ref="text", held="boolean",
)  # fmt: skip
_OUTCOMES = from_rows(
    """UPDATE inbox i
       SET state = v.state, reason_code = v.reason_code, reason = v.reason, finished_at = clock_timestamp()
       FROM $v WHERE i.id = v.id AND i.id BETWEEN :first AND :last""",
    id="bigint", state="inbox_state", reason_code="text", reason="text",
)  # fmt: skip
_PARKED = text("""
    UPDATE account a SET parked_at = :at, parked_reason = v.reason
    FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS v (id, reason)
    WHERE a.id = v.id AND a.parked_at IS NULL""")


def apply(tx: Connection, changes: Changes, *, at: datetime) -> None:
    """Writes everything a plan decided. `at` is the logical instant under which it is booked (UTC).

    Raises:
        Broken: a bill that should accrue or be issued was not in the state the plan saw. Nothing may be committed.
    """
    now = at.isoformat()
    copy_rows(tx, "account (id, external_id, name, currency, opened_at)", _new_accounts(changes, now))
    write(tx, _ACCOUNTS, changes.accounts)
    _accrue(tx, changes)
    copy_rows(
        tx,
        "fee (account_id, fee_key, occurrence, cycle, amount, currency, product, order_id, incurred_at, late, "
        "import_id, inbox_id, booked_at)",
        _fees(changes, now),
    )
    write(tx, _REPEATS, changes.repeats)
    _expect(write(tx, _ISSUED, changes.issued, at=at), changes.issued)
    _expect(write(tx, _PAID, changes.paid, at=at), changes.paid)
    write(tx, _LINES_PAID, changes.lines_paid)
    _apply_funds(tx, changes)
    _append_records(tx, changes, now)
    outbox.announce(tx, changes.announcements, at=at)
    apply_collecting(tx, changes, at)
    apply_credit(tx, changes, at)
    apply_refunds(tx, changes, at)
    apply_repaying(tx, changes, at)
    # A set may hold and release the same hold; what was decided last is what remains.
    holds = {(hold.account_id, hold.reason, hold.ref): hold for hold in changes.holds}
    held = [hold for hold in holds.values() if hold.held]
    released = [hold for hold in holds.values() if not hold.held]
    write(tx, _HOLDS_RELEASED, released)
    write(tx, _HOLDS_SET, held, at=at)
    write(tx, _OUTCOMES, changes.outcomes)
    if changes.parked:
        reasons = {
            "ids": id_array(changes.parked),
            "reasons": text_array(list(changes.parked.values())),
            "at": at,
        }
        tx.execute(_PARKED, reasons)


class _BillKey(NamedTuple):
    account_id: int
    cycle: int


def _expect(written: int, rows: Sequence[Any]) -> None:
    """An UPDATE that met fewer rows than the plan decided on means that the plan saw something else."""
    if written != len(rows):
        raise Broken({row.account_id: f"bill {row.cycle} is not in the state the plan saw" for row in rows})


def _accrue(tx: Connection, changes: Changes) -> None:
    if not changes.accruals:
        return
    clause, columns = _ACCRUALS
    written = tx.execute(clause, parameters(columns, changes.accruals)).all()
    asked = {_BillKey(row.account_id, row.cycle) for row in changes.accruals}
    if len(written) != len(asked):
        missing = asked - {_BillKey(row[0], row[1]) for row in written}
        raise Broken({key.account_id: f"bill {key.cycle} is issued and cannot accrue" for key in missing})
    write(tx, _LINE_ACCRUALS, changes.line_accruals)


def _apply_funds(tx: Connection, changes: Changes) -> None:
    if changes.new_cards:
        tx.execute(
            text("""INSERT INTO stored_value_card (id, account_id, external_id, balance_minor, valid_from, valid_until,
                        products, orders, granted_at)
                    SELECT id, account_id, external_id, balance_minor, valid_from, valid_until,
                           CASE WHEN products IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(products)) END,
                           CASE WHEN orders IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(orders)) END,
                           granted_at
                    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (id bigint, account_id bigint, external_id text,
                        balance_minor bigint, valid_from timestamptz, valid_until timestamptz, products jsonb,
                        orders jsonb, granted_at timestamptz)"""),
            {"rows": json.dumps([row._asdict() for row in changes.new_cards], default=datetime.isoformat)},
        )
    copy_rows(
        tx,
        "credit_refund (id, account_id, cycle, remaining_minor, granted_at)",
        (
            f"{r.id}\t{r.account_id}\t{r.cycle}\t{r.remaining_minor}\t{r.granted_at.isoformat()}\n"
            for r in changes.new_refunds
        ),
    )
    write(tx, _CARDS, changes.cards)
    write(tx, _REFUNDS, changes.refunds)


def _append_records(tx: Connection, changes: Changes, now: str) -> None:
    copy_rows(
        tx,
        "repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)",
        (
            f"{a}\t{c}\t{cause}\t{who}\t{amount}\t{cur}\t{now}\n"
            for a, c, cause, who, amount, cur in changes.repayments
        ),
    )
    copy_rows(
        tx,
        "repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)",
        (
            f"{a}\t{c}\t{cause}\t{no}\t{src}\t{sid}\t{amt}\n"
            for a, c, cause, no, src, sid, amt in changes.repayment_lines
        ),
    )
    copy_rows(
        tx,
        "ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)",
        (
            f"{a}\t{d}\t{dr}\t{c}\t{cr}\t{amount}\t{currency}\t{cause}\t{now}\n"
            for a, d, dr, c, cr, amount, currency, cause in changes.transfers
        ),
    )


def _new_accounts(changes: Changes, now: str) -> Iterator[str]:
    for row in changes.new_accounts:
        yield f"{row.id}\t{escape(row.external_id)}\t{escape(row.name)}\t{row.currency}\t{now}\n"


def _fees(changes: Changes, now: str) -> Iterator[str]:
    for row in changes.fees:
        (
            account_id,
            key,
            occurrence,
            cycle,
            amount,
            currency,
            product,
            order_id,
            incurred_at,
            late,
            imp,
            inbox,
        ) = row
        yield (
            f"{account_id}\t{key}\t{occurrence}\t{cycle}\t{amount}\t{currency}\t{escape(product)}\t{escape(order_id)}\t"
            f"{incurred_at.isoformat()}\t{'t' if late else 'f'}\t{_null(imp)}\t{_null(inbox)}\t{now}\n"
        )


def _null(value: int | None) -> str:
    return "\\N" if value is None else str(value)

"""Writes accounts and the holds on their automatic write-off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from settlement.model.rows.accounts import AccountRows, HoldChange, NewAccount
from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.copy import copy_rows, escape
from settlement.storage.sql.rows import from_rows, write

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
_PARKED = text("""
    UPDATE account a SET parked_at = :at, parked_reason = v.reason
    FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS v (id, reason)
    WHERE a.id = v.id AND a.parked_at IS NULL""")


def apply_accounts(tx: Connection, rows: AccountRows, at: datetime) -> None:
    """New accounts, then the values of all that changed. `at` is the logical instant (UTC)."""
    copy_rows(
        tx, "account (id, external_id, name, currency, opened_at)", _new_accounts(rows.new, at.isoformat())
    )
    write(tx, _ACCOUNTS, rows.values)


def _new_accounts(rows: Sequence[NewAccount], now: str) -> Iterator[str]:
    for row in rows:
        yield f"{row.id}\t{escape(row.external_id)}\t{escape(row.name)}\t{row.currency}\t{now}\n"


def apply_holds(tx: Connection, rows: Sequence[HoldChange], at: datetime) -> None:
    """A set may hold and release the same hold; what was decided last is what remains."""
    holds = {(hold.account_id, hold.reason, hold.ref): hold for hold in rows}
    write(tx, _HOLDS_RELEASED, [hold for hold in holds.values() if not hold.held])
    write(tx, _HOLDS_SET, [hold for hold in holds.values() if hold.held], at=at)


def park(tx: Connection, reasons: Mapping[int, str], at: datetime) -> None:
    """Sets accounts aside whose figures do not add up. Rule: R11.4."""
    if reasons:
        ids, sentences = id_array(reasons), text_array(list(reasons.values()))
        tx.execute(_PARKED, {"ids": ids, "reasons": sentences, "at": at})

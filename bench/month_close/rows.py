"""Proof that two ways of doing the same work left the same rows behind."""

from __future__ import annotations

import psycopg

# Everything a month close writes, without surrogate ids and wall-clock columns. A value that differs only in trailing
# zeros is the same number, hence trim_scale.
WRITTEN = {
    "account": "id, cash_minor, credit_limit_minor, frozen_minor, parked_at",
    "bill": "account_id, cycle, currency, state, trim_scale(accrued), trim_scale(carried_in), payable_minor, "
    "trim_scale(dropped), trim_scale(carried_out), paid_minor, issued_at, settled_at",
    "bill_line": "account_id, cycle, product, order_id, single_month, trim_scale(accrued), card_paid_minor",
    "stored_value_card": "id, account_id, balance_minor",
    "credit_refund": "id, account_id, remaining_minor",
    "repayment": "account_id, cycle, cause, initiator, amount_minor, currency, paid_at",
    "repayment_line": "account_id, cycle, cause, line_no, source, source_id, amount_minor",
    "ledger_transfer": "account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at",
    "outbox": "account_id, topic, payload, correlation_id, created_at",
}

Fingerprint = dict[str, tuple[int, str]]


def fingerprint(url: str, *, accounts: tuple[int, int] | None = None) -> Fingerprint:
    """Rows and a hash of each table as a multiset (the sum of 64-bit hashes of its rows), of all or some accounts."""
    found: Fingerprint = {}
    with psycopg.connect(url) as connection:
        connection.execute("SET timezone = 'UTC'")
        for table, columns in WRITTEN.items():
            owner = "id" if table == "account" else "account_id"
            row = connection.execute(
                f"SELECT count(*), coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text "
                f"FROM {table} WHERE %s::bigint IS NULL OR {owner} BETWEEN %s AND %s",
                [accounts and accounts[0], accounts and accounts[0], accounts and accounts[1]],
            ).fetchone()
            found[table] = (row[0], row[1]) if row else (0, "")
    return found


def differences(one: Fingerprint, other: Fingerprint) -> list[str]:
    """One sentence per table in which the two differ; empty when they hold the same rows."""
    return [
        f"{table}: {one[table][0]} rows and {other[table][0]} rows, which are not the same"
        for table in WRITTEN
        if one[table] != other[table]
    ]

"""Which unified settlements an event or a look concerns, and the accounts on their lists; read before the locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.rows import only_column

_NAMED = text("""
    SELECT s.id FROM unnest(CAST(:mains AS text[]), CAST(:names AS text[])) AS wanted (main, name)
    JOIN account a ON a.external_id = wanted.main
    JOIN unified_settlement s ON s.main_id = a.id AND s.external_id = wanted.name""")
_NAMES_LISTED = text("""
    SELECT DISTINCT a.external_id FROM unified_line l JOIN account a ON a.id = l.account_id
    WHERE l.settlement_id = ANY(CAST(:settlements AS bigint[])) AND l.state <> 'dropped'""")
_IDS_LISTED = text("""
    SELECT DISTINCT account_id FROM unified_line WHERE settlement_id = :settlement AND state <> 'dropped'""")
_NOTHING_OPEN = text("""
    SELECT s.state = 'running' AND NOT EXISTS (
        SELECT 1 FROM unified_line l WHERE l.settlement_id = s.id AND l.state = 'open')
    FROM unified_settlement s WHERE s.id = :settlement""")
_IDS_OPEN = text("""
    SELECT DISTINCT account_id FROM unified_line WHERE settlement_id = :settlement AND state = 'open'""")
# In the order of payment, the first bill that may be paid now: less what a payment or a charge under way covers. Where
# the main account has no cash of its own, nothing is looked for.
_FIRST_OWED = """
    SELECT ARRAY[owed_minor, account_id] FROM (
        SELECT l.line_no, l.account_id, b.payable_minor - b.paid_minor - b.reserved_minor - coalesce((
                   SELECT sum(c.amount_minor) FROM charge_attempt t JOIN charge_line c USING (account_id, attempt_no)
                   WHERE t.account_id = l.account_id AND t.state IN ('waiting', 'sent', 'unknown')
                     AND t.reason <> 'manual' AND c.cycle = l.cycle), 0) AS owed_minor
        FROM unified_line l
        JOIN account a ON a.id = l.account_id AND a.parked_at IS NULL
        JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle
        WHERE l.settlement_id = s.id AND l.state = 'open') AS owed
    WHERE owed_minor > 0 ORDER BY line_no LIMIT 1"""
_READY = text(f"""
    SELECT * FROM (
        SELECT s.id, s.main_id,
               NOT EXISTS (SELECT 1 FROM unified_line l WHERE l.settlement_id = s.id AND l.state = 'open')
               OR (:whole_list AND EXISTS (
                   SELECT 1 FROM unified_line l JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle
                   WHERE l.settlement_id = s.id AND l.state = 'open' AND b.state = 'settled')) AS has_ended,
               CASE WHEN m.cash_minor > m.frozen_minor + m.held_minor AND (m.funds_since <= :at) IS NOT false
                    THEN ({_FIRST_OWED}) END AS first_owed
        FROM unified_settlement s JOIN account m ON m.id = s.main_id AND m.parked_at IS NULL
        WHERE s.state = 'running' AND s.run_at <= :at AND s.id > :after) AS running
    WHERE has_ended OR first_owed IS NOT NULL ORDER BY id LIMIT :limit""")

_ANY_RUNS = text("SELECT EXISTS (SELECT FROM unified_settlement WHERE state = 'running')")


class Ready(NamedTuple):
    """A settlement that runs, and with which it may be possible to go on.

    `has_ended`: nothing is left on its list, or bills on it were paid by others. `first_owed`: its main account
    has cash, and so many minor units of the first bill that may be paid are owed by the account of this id.
    """

    settlement_id: int
    main_id: int
    has_ended: bool
    first_owed: tuple[int, int] | None


def named(tx: Connection, wanted: Sequence[tuple[str, str]]) -> list[int]:
    """Settlements by the names of their main accounts and their own."""
    if not wanted:
        return []
    mains, names = zip(*wanted, strict=True)
    return list(tx.scalars(_NAMED, {"mains": text_array(mains), "names": text_array(names)}))


def names_listed(tx: Connection, settlements: Sequence[int]) -> list[str]:
    """Names of every account on their lists."""
    if not settlements:
        return []
    return only_column(tx.execute(_NAMES_LISTED, {"settlements": id_array(settlements)}))


def ids_listed(tx: Connection, settlement: int) -> list[int]:
    """Ids of every account on its list."""
    return list(tx.scalars(_IDS_LISTED, {"settlement": settlement}))


def ids_open(tx: Connection, settlement: int) -> list[int]:
    """Ids of the accounts of which bills on its list are open."""
    return list(tx.scalars(_IDS_OPEN, {"settlement": settlement}))


def has_nothing_open(tx: Connection, settlement: int) -> bool:
    """Does it run, with every bill on its list paid or dropped, so that all that is left is to end it."""
    return bool(tx.scalar(_NOTHING_OPEN, {"settlement": settlement}))


def any_runs(tx: Connection) -> bool:
    """Is there one that runs: mostly there is none, and then `ready` need not be asked."""
    return bool(tx.scalar(_ANY_RUNS))


def ready(tx: Connection, *, at: datetime, after: int, limit: int, whole_list: bool) -> list[Ready]:
    """The next settlements, by id, with which it may be worth while to go on as of `at` (UTC): neither before they were
    run, nor with money that came later.

    `whole_list`: also look through all that is open for bills that others have paid.
    """
    parameters = {"at": at, "after": after, "limit": limit, "whole_list": whole_list}
    return [
        Ready(row[0], row[1], row[2], None if row[3] is None else (row[3][0], row[3][1]))
        for row in tx.execute(_READY, parameters)
    ]

"""Loads a set of accounts with everything of theirs: one statement per table, accounts locked first, in id order.

The lock is a statement of its own, because one that locks and joins reads the joined tables as they were before it
waited. Whoever waited for the lock reads, in the statements after it, what the transaction before it committed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, CursorResult, TextClause, text

from settlement.model.accounts import Account, AccountId, WriteOffHold
from settlement.model.bills import Bill, BillLine
from settlement.model.collection import Collecting
from settlement.model.funds import CreditRefund, StoredValueCard
from settlement.model.gateway.charges import ChargeAttempt, ChargeLine, PaymentMethod, PreAuthorization
from settlement.model.snapshot import Position, RepayingFacts, RowCounts, Snapshot
from settlement.storage.load.credit import load_credit
from settlement.storage.load.payments import RepayingScope, load_payments, load_repaying
from settlement.storage.load.refunds import load_refunds
from settlement.storage.sql.arrays import id_array, plain_array, text_array
from settlement.storage.sql.columns import columns
from settlement.storage.tables.accounts import ACCOUNT, WRITE_OFF_HOLD
from settlement.storage.tables.bills import BILL, BILL_LINE
from settlement.storage.tables.charges import CHARGE_ATTEMPT, CHARGE_LINE, COLLECTING
from settlement.storage.tables.funds import CREDIT_REFUND, STORED_VALUE_CARD
from settlement.storage.tables.methods import PAYMENT_METHOD, PRE_AUTHORIZATION

_MINE = "account_id = ANY(CAST(:ids AS bigint[])) AND account_id BETWEEN :first AND :last"
_ACCOUNTS = f"SELECT {columns(ACCOUNT, Account)} FROM account"
# FOR NO KEY UPDATE lets rows that refer to the account be inserted meanwhile; it excludes other settlements.
_READ_BY_ID = text(f"{_ACCOUNTS} WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id")
_READ_BY_NAME = text(f"{_ACCOUNTS} WHERE external_id = ANY(CAST(:names AS text[])) ORDER BY id")
_LOCK_BY_ID = text(f"{_READ_BY_ID} FOR NO KEY UPDATE")
_LOCK_BY_NAME = text(f"{_READ_BY_NAME} FOR NO KEY UPDATE")
_BILLS = text(f"""
    SELECT {columns(BILL, Bill, overdue="overdue_at IS NOT NULL")}
    FROM bill WHERE {_MINE} AND (state <> 'settled' OR cycle >= CAST(:from_cycle AS integer))
    ORDER BY account_id, cycle""")
_CARDS = text(f"""
    SELECT {columns(STORED_VALUE_CARD, StoredValueCard)} FROM stored_value_card
    WHERE {_MINE} AND balance_minor > 0""")
_REFUNDS = text(f"""
    SELECT {columns(CREDIT_REFUND, CreditRefund)} FROM credit_refund WHERE {_MINE} AND remaining_minor > 0""")
_HOLDS = text(f"SELECT {columns(WRITE_OFF_HOLD, WriteOffHold)} FROM write_off_hold WHERE {_MINE}")
_LINES = text(f"""
    SELECT {columns(BILL_LINE, BillLine, "l")}
    FROM unnest(CAST(:ids AS bigint[]), CAST(:cycles AS integer[])) AS open (account_id, cycle)
    JOIN bill_line l USING (account_id, cycle)
    WHERE l.account_id BETWEEN :first AND :last
    ORDER BY l.account_id, l.cycle, l.product, l.order_id, l.single_month""")
_KNOWN_FEES = text("""
    SELECT f.account_id, f.fee_key, f.amount
    FROM unnest(CAST(:names AS text[]), CAST(:keys AS uuid[])) AS asked (name, fee_key)
    JOIN account a ON a.external_id = asked.name
    JOIN fee f ON f.account_id = a.id AND f.fee_key = asked.fee_key AND f.occurrence = 0""")
_KNOWN_ROWS = text("""
    SELECT f.account_id, f.fee_key, count(*), count(*) FILTER (WHERE f.import_id = :import_id),
           coalesce(max(r.met), 0), min(f.amount)
    FROM unnest(CAST(:names AS text[]), CAST(:keys AS uuid[])) AS asked (name, fee_key)
    JOIN account a ON a.external_id = asked.name
    JOIN fee f ON f.account_id = a.id AND f.fee_key = asked.fee_key
    LEFT JOIN fee_import_repeat r
        ON r.import_id = :import_id AND r.account_id = f.account_id AND r.fee_key = f.fee_key
    GROUP BY f.account_id, f.fee_key""")
_KNOWN_CARDS = text("""
    SELECT c.account_id, c.external_id
    FROM unnest(CAST(:names AS text[]), CAST(:cards AS text[])) AS asked (name, card)
    JOIN account a ON a.external_id = asked.name
    JOIN stored_value_card c ON c.account_id = a.id AND c.external_id = asked.card""")


_KNOWN_COUPONS = text(str(_KNOWN_CARDS).replace("stored_value_card", "coupon"))
_COLLECTING = text(f"SELECT {columns(COLLECTING, Collecting)} FROM collecting WHERE {_MINE}")
_METHODS = text(f"""
    SELECT {columns(PAYMENT_METHOD, PaymentMethod)} FROM payment_method WHERE {_MINE} ORDER BY account_id, id""")
_AUTHORIZATIONS = text(f"""
    SELECT {columns(PRE_AUTHORIZATION, PreAuthorization)} FROM pre_authorization
    WHERE {_MINE} AND state IN ('waiting', 'sent', 'unknown', 'authorized') ORDER BY id""")
# Three small indexes instead of every charge an account ever had.
_ATTEMPTS = text(f"""
    WITH wanted AS (
        SELECT account_id, attempt_no FROM charge_attempt
        WHERE {_MINE} AND state IN ('waiting', 'sent', 'unknown', 'requires_action')
        UNION SELECT account_id, attempt_no FROM charge_line WHERE {_MINE} AND remaining_minor > 0
        UNION SELECT * FROM unnest(CAST(:asked_ids AS bigint[]), CAST(:asked_nos AS integer[])))
    SELECT {columns(CHARGE_ATTEMPT, ChargeAttempt, reference="CAST(reference AS text)")}
    FROM wanted JOIN charge_attempt USING (account_id, attempt_no) ORDER BY account_id, attempt_no""")
_CHARGE_LINES = text(f"""
    SELECT {columns(CHARGE_LINE, ChargeLine)}
    FROM unnest(CAST(:ids AS bigint[]), CAST(:nos AS integer[])) AS wanted (account_id, attempt_no)
    JOIN charge_line USING (account_id, attempt_no) ORDER BY account_id, attempt_no, cycle""")


Owners = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which accounts to load, by id or by the callers' names, and what to load besides their open bills.

    `from_cycle`: settled bills too, from this cycle on; `lines_for`: names of
    accounts whose bill lines are needed although they own no card yet; `fee_keys`, `cards`, `coupons`: ids to look up,
    by name; `expiring`: coupons too, which otherwise are read only with `from_cycle`;
    `row_keys`: rows of an export to look up for the import `import_id`, each once; `attempts`: charge attempts, by
    account id and number, to load although they are over; `repaying`: what acts of people need to know besides;
    `refundable`: names of accounts whose charges may be given back; `gateway_refunds`: refunds to load, by account id
    and number, with their charges.
    """

    ids: Sequence[int] = ()
    names: Sequence[str] = ()
    from_cycle: int | None = None
    lines_for: Collection[str] = ()
    fee_keys: Sequence[tuple[str, UUID]] = ()
    cards: Sequence[tuple[str, str]] = ()
    coupons: Sequence[tuple[str, str]] = ()
    expiring: bool = False
    row_keys: Sequence[tuple[str, UUID]] = ()
    attempts: Sequence[tuple[int, int]] = ()
    refundable: Collection[str] = ()
    gateway_refunds: Sequence[tuple[int, int]] = ()
    import_id: int | None = None
    repaying: RepayingScope | None = None


def load(tx: Connection, scope: Scope, *, lock: bool = True) -> Snapshot:
    """Locks the accounts, then reads bills, funds, lines and holds. The number of statements does not depend on the
    number of accounts. Without `lock` it only reads, for questions that change nothing.
    """
    if scope.names:
        rows = tx.execute(_LOCK_BY_NAME if lock else _READ_BY_NAME, {"names": text_array(scope.names)})
    else:
        rows = tx.execute(_LOCK_BY_ID if lock else _READ_BY_ID, {"ids": id_array(scope.ids)})
    positions = {row[0]: Position(Account._make(row)) for row in _tuples(rows)}
    if positions:
        # The bounds say little to a person and much to the planner: a range of accounts is then read by its index,
        # and not by going through every card there is.
        owners: Owners = {"ids": id_array(positions), "first": min(positions), "last": max(positions)}
        _load_bills(tx, positions, owners, scope)
        _load_funds(tx, positions, owners, scope)
        for row in tx.execute(_HOLDS, owners).all():
            positions[row[0]].holds.append(WriteOffHold(*row))
        load_payments(tx, positions)
        _load_collecting(tx, positions, owners, scope)
        load_refunds(tx, positions, refundable=scope.refundable, asked=scope.gateway_refunds)
        load_credit(tx, positions, owners, issuing=scope.from_cycle is not None, expiring=scope.expiring)
    return Snapshot(
        positions,
        _known_fees(tx, scope),
        _known_names(tx, _KNOWN_CARDS, scope.cards),
        _known_names(tx, _KNOWN_COUPONS, scope.coupons),
        _known_rows(tx, scope),
        RepayingFacts()
        if scope.repaying is None or not positions
        else load_repaying(tx, owners, positions, scope.repaying),
    )


def _load_bills(tx: Connection, positions: dict[AccountId, Position], owners: Owners, scope: Scope) -> None:
    for row in _tuples(tx.execute(_BILLS, owners | {"from_cycle": scope.from_cycle})):
        positions[row[0]].bills.append(Bill._make(row))


def _tuples(result: CursorResult[Any]) -> list[Any]:
    """The rows as the driver gives them, without SQLAlchemy's wrapping: a month close reads two for every bill."""
    return cast("list[Any]", cast("Any", result.cursor).fetchall())


def _load_funds(tx: Connection, positions: dict[AccountId, Position], owners: Owners, scope: Scope) -> None:
    card_owners = {
        key for key, position in positions.items() if position.account.external_id in scope.lines_for
    }
    for row in tx.execute(_CARDS, owners).all():
        values = (*row[:6], _scope_of(row[6]), _scope_of(row[7]), row[8])
        card = StoredValueCard(*values)
        positions[card.account_id].cards.append(card)
        card_owners.add(card.account_id)
    for row in tx.execute(_REFUNDS, owners).all():
        positions[row[1]].refunds.append(CreditRefund(*row))
    if card_owners:
        _load_lines(tx, positions, card_owners)


def _load_lines(tx: Connection, positions: dict[AccountId, Position], owners: set[AccountId]) -> None:
    """The lines of the owners' open bills. The bounds keep PostgreSQL on the index."""
    bills = [bill for owner in owners for bill in positions[owner].bills if bill.state != "settled"]
    asked = {
        "ids": id_array(bill.account_id for bill in bills),
        "cycles": id_array(bill.cycle for bill in bills),
        "first": min(owners),
        "last": max(owners),
    }
    for row in tx.execute(_LINES, asked).all():
        positions[row[0]].lines.append(BillLine(*row))


def _load_collecting(
    tx: Connection, positions: dict[AccountId, Position], owners: Owners, scope: Scope
) -> None:
    """Most accounts of a set may have no payment method at all; then one statement tells."""
    collectors = [Collecting._make(row) for row in _tuples(tx.execute(_COLLECTING, owners))]
    if not collectors:
        return
    for collecting in collectors:
        positions[collecting.account_id].collecting = collecting
    ids = [collecting.account_id for collecting in collectors]
    asked: Owners = {"ids": id_array(ids), "first": min(ids), "last": max(ids)}
    for row in _tuples(tx.execute(_METHODS, asked)):
        positions[row[1]].methods.append(PaymentMethod(*row))
    for row in tx.execute(_AUTHORIZATIONS, asked):
        authorization = PreAuthorization(*row)
        positions[authorization.account_id].authorizations.append(authorization)
    asked["asked_ids"] = id_array(account_id for account_id, _ in scope.attempts)
    asked["asked_nos"] = id_array(attempt_no for _, attempt_no in scope.attempts)
    attempts = [ChargeAttempt(*row) for row in _tuples(tx.execute(_ATTEMPTS, asked))]
    if not attempts:
        return
    for attempt in attempts:
        positions[attempt.account_id].attempts.append(attempt)
    wanted = {
        "ids": id_array(attempt.account_id for attempt in attempts),
        "nos": id_array(attempt.attempt_no for attempt in attempts),
    }
    for row in _tuples(tx.execute(_CHARGE_LINES, wanted)):
        positions[row[0]].charge_lines.append(ChargeLine(*row))


def _scope_of(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _known_fees(tx: Connection, scope: Scope) -> dict[tuple[int, UUID], Any]:
    if not scope.fee_keys:
        return {}
    names, keys = zip(*scope.fee_keys, strict=True)
    return {
        (row[0], row[1]): row[2]
        for row in tx.execute(_KNOWN_FEES, {"names": text_array(names), "keys": plain_array(keys)})
    }


def _known_names(
    tx: Connection, statement: TextClause, asked: Sequence[tuple[str, str]]
) -> frozenset[tuple[int, str]]:
    """Which of the callers' names, each with its account, are taken."""
    if not asked:
        return frozenset()
    names, cards = zip(*asked, strict=True)
    rows = tx.execute(statement, {"names": text_array(names), "cards": text_array(cards)})
    return frozenset((row[0], row[1]) for row in rows)


def _known_rows(tx: Connection, scope: Scope) -> dict[tuple[int, UUID], RowCounts]:
    if not scope.row_keys:
        return {}
    names, keys = zip(*scope.row_keys, strict=True)
    asked = {"names": text_array(names), "keys": plain_array(keys), "import_id": scope.import_id}
    return {(row[0], row[1]): RowCounts(*row[2:]) for row in tx.execute(_KNOWN_ROWS, asked)}

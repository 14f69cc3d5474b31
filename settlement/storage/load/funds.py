"""Loads cards and credit refunds with something left, coupons where they may be used, and names that are taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, TextClause, text

from settlement.model.accounts import AccountId
from settlement.model.funds import Coupon, CreditRefund, FundPosition, StoredValueCard
from settlement.model.snapshot import Position
from settlement.storage.load.scope import Owners
from settlement.storage.sql.arrays import text_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import by_account, driver_rows
from settlement.storage.tables.funds import COUPON, CREDIT_REFUND, STORED_VALUE_CARD

_MINE = "account_id = ANY(CAST(:ids AS bigint[])) AND account_id BETWEEN :first AND :last"
_CARDS = text(f"""
    SELECT {columns(STORED_VALUE_CARD, StoredValueCard)} FROM stored_value_card
    WHERE {_MINE} AND balance_minor > 0""")
_CREDIT_REFUNDS = text(f"""
    SELECT {columns(CREDIT_REFUND, CreditRefund)} FROM credit_refund WHERE {_MINE} AND remaining_minor > 0""")
_COUPONS = text(f"""
    SELECT {columns(COUPON, Coupon)} FROM coupon WHERE {_MINE} AND balance_minor > 0 ORDER BY account_id, id""")
_KNOWN_CARDS = text("""
    SELECT c.account_id, c.external_id
    FROM unnest(CAST(:names AS text[]), CAST(:cards AS text[])) AS wanted (name, card)
    JOIN account a ON a.external_id = wanted.name
    JOIN stored_value_card c ON c.account_id = a.id AND c.external_id = wanted.card""")
_KNOWN_COUPONS = text(str(_KNOWN_CARDS).replace("stored_value_card", "coupon"))


def load_funds(
    tx: Connection, positions: dict[AccountId, Position], owners: Owners, *, coupons: bool
) -> set[AccountId]:
    """Everything with a balance; `coupons` where bills may be issued or coupons expire. Returns who owns a card."""
    cards = by_account(map(_card, driver_rows(tx.execute(_CARDS, owners))))
    refunds = by_account(CreditRefund(*row) for row in driver_rows(tx.execute(_CREDIT_REFUNDS, owners)))
    usable = by_account(Coupon(*row) for row in driver_rows(tx.execute(_COUPONS, owners))) if coupons else {}
    for owner in {*cards, *refunds, *usable}:
        positions[owner].funds = FundPosition(
            cards.get(owner, ()), refunds.get(owner, ()), usable.get(owner, ())
        )
    return set(cards)


def _card(row: tuple[Any, ...]) -> StoredValueCard:
    values = (*row[:6], _names(row[6]), _names(row[7]), row[8])
    return StoredValueCard(*values)


def _names(values: list[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def known_cards(tx: Connection, names: Sequence[tuple[str, str]]) -> frozenset[tuple[int, str]]:
    """Which of the callers' names of cards, each with its account, are taken."""
    return _in_use(tx, _KNOWN_CARDS, names)


def known_coupons(tx: Connection, names: Sequence[tuple[str, str]]) -> frozenset[tuple[int, str]]:
    """Which of the callers' names of coupons, each with its account, are taken."""
    return _in_use(tx, _KNOWN_COUPONS, names)


def _in_use(
    tx: Connection, statement: TextClause, names: Sequence[tuple[str, str]]
) -> frozenset[tuple[int, str]]:
    if not names:
        return frozenset()
    accounts, funds = zip(*names, strict=True)
    rows = tx.execute(statement, {"names": text_array(accounts), "cards": text_array(funds)})
    return frozenset((row[0], row[1]) for row in rows)

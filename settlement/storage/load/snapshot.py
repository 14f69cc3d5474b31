"""Loads a set of accounts with everything of theirs: one statement per table, accounts locked first, in id order.

The lock is a statement of its own, because one that locks and joins reads the joined tables as they were before it
waited. Whoever waited for the lock reads, in the statements after it, what the transaction before it committed.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from settlement.model.accounts import AccountId
from settlement.model.exports import ExportFacts
from settlement.model.snapshot import Position, Snapshot
from settlement.storage.load.accounts import load_accounts, load_holds
from settlement.storage.load.bills import load_bills, load_lines
from settlement.storage.load.charges import load_charges
from settlement.storage.load.credit import load_credit
from settlement.storage.load.exports import load_exports
from settlement.storage.load.fees import known_fees
from settlement.storage.load.funds import known_cards, known_coupons, load_funds
from settlement.storage.load.payments import known_payments, load_payments
from settlement.storage.load.refunds import load_refunds
from settlement.storage.load.relationships import known_relationships
from settlement.storage.load.reversals import load_reversals
from settlement.storage.load.scope import Owners, PeopleScope, Scope
from settlement.storage.load.unified_settlements import known_settlements
from settlement.storage.sql.arrays import id_array


def load(tx: Connection, scope: Scope, *, lock: bool = True) -> Snapshot:
    """Locks the accounts, then reads bills, funds, lines and holds. The number of statements does not depend on the
    number of accounts. Without `lock` it only reads, for questions that change nothing.
    """
    positions = load_accounts(tx, scope, lock=lock)
    if positions:
        # The bounds say little to a person and much to the planner: a range of accounts is then read by its index,
        # and not by going through every card there is.
        owners: Owners = {"ids": id_array(positions), "first": min(positions), "last": max(positions)}
        _load_positions(tx, positions, owners, scope)
    snapshot = Snapshot(
        positions,
        known_fees(tx, scope.fees),
        known_cards(tx, scope.funds.cards),
        known_coupons(tx, scope.funds.coupons),
        ExportFacts() if scope.export is None else load_exports(tx, scope.export),
    )
    if scope.people is None or not positions:
        return snapshot
    return _with_people(tx, snapshot, owners, scope.people)


def _load_positions(
    tx: Connection, positions: dict[AccountId, Position], owners: Owners, scope: Scope
) -> None:
    issuing, funds = scope.from_cycle is not None, scope.funds
    load_bills(tx, positions, owners, from_cycle=scope.from_cycle)
    line_owners = load_funds(tx, positions, owners, coupons=issuing or funds.expiring)
    line_owners.update(
        key for key, position in positions.items() if position.account.external_id in funds.lines_for
    )
    if line_owners:
        load_lines(tx, positions, line_owners)
    load_holds(tx, positions, owners)
    load_payments(tx, positions)
    load_charges(tx, positions, owners, attempts=scope.attempts)
    load_refunds(tx, positions, scope.refunds)
    if any(position.charges is not None for position in positions.values()):
        load_reversals(tx, positions, owners, scope.reversals)
    load_credit(tx, positions, owners, issuing=issuing)


def _with_people(tx: Connection, snapshot: Snapshot, owners: Owners, people: PeopleScope) -> Snapshot:
    """What acts of people need to know besides: the same number of statements for any number of accounts."""
    named = owners["ids"]
    if people.named is not None:
        positions = snapshot.positions.items()
        named = id_array(key for key, own in positions if own.account.external_id in people.named)
    relationships = known_relationships(tx, owners, named)
    return replace(
        snapshot,
        relationships=relationships,
        payments=known_payments(tx, snapshot.positions, people.payments),
        unified_settlements=known_settlements(
            tx, snapshot.positions, named, people.settlements, mains=relationships.members_of
        ),
    )

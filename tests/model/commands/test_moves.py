"""What events move is what their commands declare, no less and no more. Rule: R10.3, R11.2d."""

from __future__ import annotations

from sqlalchemy import text

from settlement.events.registry import parse_event
from settlement.model.commands.command import EventHead
from settlement.model.commands.moves import MOVES
from settlement.model.funds import FUNDS, STORED
from settlement.rules.roll_forward import movement_name
from settlement.storage.store import Store
from tests.support.full_month import a_full_month

# Not what pays bills, which is nobody's own, nor what funds are granted from, which stands with the fund.
_BOOKED = """
    SELECT DISTINCT i.type, CAST(l.debit AS text), CAST(l.credit AS text)
    FROM ledger_transfer l JOIN inbox i ON 'event:' || i.id = l.cause
    WHERE l.credit NOT IN ('receivable', 'reversal')"""
_EVENTS = "SELECT DISTINCT ON (type) type, data FROM inbox WHERE state = 'done'"
_GRANTS = {(stored.grant, FUNDS[source].ledger) for source, stored in STORED.items()}


def test_every_entry_that_an_event_books_is_declared_by_its_command_and_every_one_declared_is_booked(
    shared_store: Store,
) -> None:
    a_full_month(shared_store)

    with shared_store.transaction() as tx:
        booked = {tuple(row) for row in tx.execute(text(_BOOKED))}
        events = list(tx.execute(text(_EVENTS)))
    commands = {kind: parse_event(EventHead(1, "test", "a", ""), kind, data) for kind, data in events}
    declared = {
        (kind, move.debit, move.credit) for kind, command in commands.items() for move in command.MOVES
    }

    assert declared == {entry for entry in booked if entry[1:] not in _GRANTS}
    assert {move[:2] for move in MOVES} == {entry[1:] for entry in declared}


def test_a_statement_has_a_name_for_each_side_that_is_a_balance_of_the_account() -> None:
    for move in MOVES:
        if move.into is not None:
            assert movement_name(move.credit, move.debit, into=True) == move.into
        if move.out_of is not None:
            assert movement_name(move.debit, move.credit, into=False) == move.out_of

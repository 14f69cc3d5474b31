"""Events as they are read: once each, and a fault of one is nobody else's. Rule: R4.1."""

from __future__ import annotations

import pytest

from settlement.events.registry import parse_event
from settlement.model.commands.money import Transfer
from settlement.model.rows.outcomes import EventOutcome
from settlement.operations.inbox import commands
from settlement.operations.inbox.commands import RowCommands
from settlement.storage.work.inbox import InboxRow
from tests.support.builders import utc

AMOUNT = '{"amount": "5.00", "currency": "USD"'


def row(
    row_id: int = 7, kind: str = "transfer", data: str = AMOUNT + ', "from_account": "main"}'
) -> InboxRow:
    return InboxRow(row_id, "crm", f"e-{row_id}", kind, "member", data, "corr", utc("2026-10-20 00:00"))


def failing(monkeypatch, name):
    """From now on to read an event of this account raises something nobody foresaw."""
    sound = parse_event

    def parse(head, *rest):
        if head.account == name:
            raise RuntimeError("unforeseen")
        return sound(head, *rest)

    monkeypatch.setattr(commands, "parse_event", parse)
    return sound


def test_a_row_is_read_once_into_its_command_and_the_others_it_names(monkeypatch):
    read, rows = RowCommands(), [row()]
    assert isinstance(read.of(rows[0]), Transfer)
    monkeypatch.setattr(commands, "parse_event", None)
    assert list(read.others(rows[0])) == ["main"]
    assert read.commands(rows) == ([read.of(rows[0])], [])


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("transfer", AMOUNT + "}", "bad_shape"),
        ("transfer", AMOUNT + f', "from_account": {"9" * 5000}}}', "bad_shape"),
        ("nothing", AMOUNT + "}", "unknown_type"),
    ],
)
def test_what_is_no_command_is_a_refusal_and_about_nobody_else(kind, data, code):
    read, refused = RowCommands(), row(kind=kind, data=data)
    commands, refusals = read.commands([refused, row(8)])
    assert [command.head.inbox_id for command in commands] == [8]
    assert [(refusal.inbox_id, refusal.reason_code) for refusal in refusals] == [(7, code)]
    assert isinstance(read.of(refused), EventOutcome)
    assert list(read.others(refused)) == []


def test_an_event_that_cannot_be_read_holds_up_its_own_account_only_and_that_not_for_ever(world, monkeypatch):
    world.open("a", "b", "c")
    sound = failing(monkeypatch, "b")
    world.receive(*(world.message("top_up", name, amount="1.00", currency="USD") for name in "abcab"))
    world.drain(max_attempts=3)
    assert (world.cash("a"), world.cash("b"), world.cash("c")) == (200, 0, 100)
    parked = world.rows("SELECT account, attempts, reason FROM inbox WHERE state = 'parked' ORDER BY id")
    assert parked == [("b", 3, "RuntimeError: unforeseen")] * 2
    monkeypatch.setattr(commands, "parse_event", sound)

"""The same bad input by SQL, by the stream, by Celery's name: refused, with nothing half-done. Rule: R11.1, R12.6b.

By HTTP: `tests/interfaces/http/api/test_bad_input.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from kombu.utils.json import loads
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from settlement.events.envelope import MAX_EVENT_BYTES, arrival_of_sender
from settlement.operations.inbox.receive import receive_events, record_arrivals
from settlement.operations.inbox.senders import register_sender
from tests.support.world import World

Send = Callable[[World, str, str], None]

_ENVELOPE = (
    '{{"source": "crm", "event_id": "{id}", "type": "top_up", "account": "{account}", "data": {data}}}'
)
GOOD = '{"amount": "1.00", "currency": "USD"}'


def by_sql(world: World, event_id: str, data: str, account: str = "a") -> None:
    """A plain INSERT, in a transaction of the sender's own. What is no JSON, or too large, PostgreSQL does not take."""
    insert = text("""INSERT INTO inbox (source, event_id, type, account, data)
                     VALUES ('crm', :event_id, 'top_up', :account, CAST(:data AS jsonb))""")
    with suppress(DataError, IntegrityError), world.store.transaction() as tx:
        tx.execute(insert, {"event_id": event_id, "account": account, "data": data})


def by_stream(world: World, event_id: str, data: str, account: str = "a") -> None:
    """The bytes of an entry of the stream that all share."""
    message = _ENVELOPE.format(id=event_id, account=account, data=data).encode()
    receive_events(world.store, [message], ingress="stream")


def by_own_stream(world: World, event_id: str, data: str, account: str = "a") -> None:
    """The bytes of an entry of the sender's own stream."""
    message = _ENVELOPE.format(id=event_id, account=account, data=data).encode()
    record_arrivals(world.store, [arrival_of_sender(message, "crm", ingress="stream")], ingress="stream")


def by_celery(world: World, event_id: str, data: str, account: str = "a") -> None:
    """What Celery makes of the body of a message. What it cannot read is set aside before any task sees it."""
    with suppress(ValueError, RecursionError):
        message: Any = loads(_ENVELOPE.format(id=event_id, account=account, data=data))
        receive_events(world.store, [message], ingress="celery")


DOORS = [by_sql, by_stream, by_own_stream, by_celery]
NO_AMOUNTS = [
    "NaN", "-Infinity", "Infinity", "1e400", "1" + "0" * 400, "1" + "0" * 5000, "1.5", "true", "null", "[]", "{}",
    '"NaN"', '"Infinity"', '"1e400"', '"1e2"', '"-1.00"', '"0"', '"0.001"', '""', '" 1.00"', '"1,00"', '"1_0"',
    '"\\u0661"', '"\\ud800"', '"\\u0000"', '"' + "9" * 400 + '"', '"99999999999999999999.00"',
]  # fmt: skip
NO_DATA = [
    "", "{", "7", "null", "[]", '"text"', "{}", '{"amount": "1.00"}', '{"currency": "USD"}',
    '{"amount": "1.00", "currency": "XXX"}', '{"amount": "1.00", "currency": "usd"}',
    '{"amount": "1.00", "currency": "USD", "more": 1}', '{"amount": "1.00", "currency": "EUR"}',
    "[" * 3000 + "]" * 3000, '{"amount": "1.00", "currency": "USD", "more": "' + "x" * MAX_EVENT_BYTES + '"}',
]  # fmt: skip


@pytest.fixture
def opened(world: World) -> World:
    """An account with ten dollars."""
    world.open("a", "b")
    world.top_up("a", "10.00")
    return world


def _nothing_came_of_it(world: World) -> None:
    world.drain()
    assert world.cash("a") == 10_00
    states = world.rows("SELECT DISTINCT CAST(state AS text) FROM inbox WHERE source <> 'world'")
    assert states in ([], [("refused",)])
    reasons = world.rows("SELECT reason_code, reason FROM inbox WHERE source <> 'world'")
    assert all(code and reason for code, reason in reasons)


@pytest.mark.parametrize("send", DOORS)
def test_what_is_no_amount_and_no_data_moves_nothing(opened: World, send: Send) -> None:
    bad = [f'{{"amount": {amount}, "currency": "USD"}}' for amount in NO_AMOUNTS] + NO_DATA
    for number, data in enumerate(bad):
        send(opened, f"bad-{number}", data)
    _nothing_came_of_it(opened)
    send(opened, "good", GOOD)
    opened.drain()
    assert opened.cash("a") == 11_00, "and stops nobody"


@pytest.mark.parametrize("send", [by_stream, by_own_stream])
def test_a_name_that_comes_twice_is_refused_where_it_can_be_seen(opened: World, send: Send) -> None:
    send(opened, "twice", '{"amount": "1.00", "amount": "9.00", "currency": "USD"}')
    _nothing_came_of_it(opened)


@pytest.mark.parametrize("send", [by_sql, by_celery])
def test_of_a_name_that_comes_twice_the_last_is_left_where_others_read_it_first(
    opened: World, send: Send
) -> None:
    """PostgreSQL's `jsonb`, and Celery, say nothing of it: docs/events.md says so."""
    send(opened, "twice", '{"amount": "1.00", "amount": "9.00", "currency": "USD"}')
    opened.drain()
    assert opened.cash("a") == 19_00


TURNING = ["\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"]


@pytest.mark.parametrize("field", ["source", "event_id", "type", "account", "correlation_id"])
def test_no_name_turns_the_direction_of_text_around_it(opened: World, field: str) -> None:
    """By the JSON ways in as by SQL, where the inbox refuses it: `tests/storage/test_senders.py`."""
    good = {
        "source": "crm",
        "event_id": "e",
        "type": "account_opened",
        "account": "c",
        "data": {"currency": "USD"},
    }
    for number, char in enumerate(TURNING):
        event = {**good, "event_id": f"e{number}", field: f"a{char}{number}"}
        receive_events(opened.store, [event], ingress="celery")
        receive_events(opened.store, [json.dumps(event, ensure_ascii=False)], ingress="stream")
    opened.drain()
    assert opened.rows("SELECT DISTINCT reason_code FROM inbox WHERE source <> 'world'") == [("bad_shape",)]
    names = "SELECT source || event_id || type || account || coalesce(correlation_id, '') FROM inbox"
    assert not [name for (name,) in opened.rows(names) if set(name) & set(TURNING)], (
        "nor is it kept as a name"
    )
    assert opened.rows("SELECT external_id FROM account ORDER BY id") == [("a",), ("b",)]


@pytest.mark.parametrize("send", DOORS)
def test_an_account_that_is_not_its_senders_is_refused(opened: World, send: Any) -> None:
    register_sender(opened.store, "crm", event_types=["top_up"], accounts=["b"])
    send(opened, "foreign", GOOD, account="a")
    _nothing_came_of_it(opened)
    assert opened.rows("SELECT reason_code FROM inbox WHERE source = 'crm'") == [("not_allowed",)]


@pytest.mark.parametrize("send", DOORS)
def test_the_same_again_counts_once_and_other_content_is_refused(opened: World, send: Send) -> None:
    for _ in range(3):
        with suppress(Exception):
            send(opened, "again", GOOD)
        opened.drain()
    assert opened.cash("a") == 11_00
    with suppress(Exception):
        send(opened, "again", '{"amount": "9.00", "currency": "USD"}')
    opened.drain()
    assert opened.cash("a") == 11_00
    refused = opened.rows("SELECT reason_code FROM inbox WHERE source = 'crm' AND state = 'refused'")
    assert refused in ([], [("reused_id",)])

"""A sender by SQL sends events, and can do nothing else with the inbox. Rule: R11.1."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from sandbox.local.postgres import SUPERUSER
from settlement.storage.migrate import SENDER_ROLE
from tests.support.world import World

PLAIN = """INSERT INTO inbox (source, event_id, type, account, data)
    VALUES (%s, %s, 'top_up', %s, '{"amount": "5.00", "currency": "USD"}')"""
ATTACKS = {
    "booked twice": "INSERT INTO inbox (source, event_id, type, conflict_of) VALUES ('s', 'e', 'top_up', 1)",
    "swallowed": "INSERT INTO inbox (source, event_id, type, state) VALUES ('s', 'e', 'top_up', 'done')",
    "a stolen id": "INSERT INTO inbox (id, source, event_id, type) OVERRIDING SYSTEM VALUE VALUES (9, 's', 'e', 't')",
    "dated back": "INSERT INTO inbox (source, event_id, type, received_at) VALUES ('s', 'e', 'top_up', '2020-01-01')",
    "another ingress": "INSERT INTO inbox (source, event_id, type, door) VALUES ('s', 'e', 'top_up', 'http')",
    "reading": "SELECT * FROM inbox",
    "changing": "UPDATE inbox SET state = 'done'",
    "deleting": "DELETE FROM inbox",
    "accounts": "UPDATE account SET cash_minor = 1",
}


@pytest.fixture
def sender(owner_url):
    """A session with the rights of a sender and no others."""
    try:
        superuser = psycopg.connect(owner_url, user=SUPERUSER, autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("a session of another role can only be made on the embedded server")
    with superuser as connection:
        connection.execute(f"SET ROLE {SENDER_ROLE}")
        yield connection


def test_a_plain_insert_works(database_url, sender):
    world = World(database_url)
    world.open("a")
    for _ in range(2):
        sender.execute(PLAIN, ("crm", "tu-1", "a"))
    world.drain()

    assert world.one("SELECT cash_minor FROM account") == 500
    world.store.close()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused(sender, attack):
    with pytest.raises(errors.InsufficientPrivilege):
        sender.execute(attack)


@pytest.mark.parametrize(
    ("source", "event_id", "account"),
    [
        ("", "e", "a"), (" ", "e", "a"), ("s", "", "a"), ("s" * 201, "e", "a"), ("s", "e" * 201, "a"),
        ("s", "e", "a" * 201),
        ("s\n", "e", "a"), ("s", "e\x1b[2J", "a"), ("s", "e", "a\u202eb"), ("s", "e", "a\u2066"), ("s", "e", "\x85"),
    ],
)  # fmt: skip
def test_an_envelope_that_breaks_the_contract_is_refused(sender, source, event_id, account):
    with pytest.raises(errors.CheckViolation):
        sender.execute(PLAIN, (source, event_id, account))


def test_data_that_is_too_large_is_refused(sender):
    data = '{"a": "' + "x" * 4_000_000 + '"}'
    with pytest.raises(errors.CheckViolation):
        sender.execute(
            "INSERT INTO inbox (source, event_id, type, data) VALUES ('s', 'e', 'top_up', %s)", (data,)
        )

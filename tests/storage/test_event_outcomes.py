"""What became of an event reaches its sender: announced where it was not booked, and in a view of one's own rows."""

from __future__ import annotations

import json

import psycopg
import pytest
from psycopg import errors

from sandbox.local.postgres import SUPERUSER
from settlement.events.announcements import read_announcement
from settlement.model.announcements.facts import SetAsideFacts
from settlement.operations.inbox import commands
from settlement.storage.migrate import SENDER_ROLE
from settlement.storage.work import inbox
from tests.support.world import World

PLAIN = """INSERT INTO inbox (source, event_id, type, account, data)
    VALUES (%s, %s, 'top_up', %s, '{"amount": "5.00", "currency": "USD"}')"""


def announced(world: World) -> list[tuple[str, int, str, SetAsideFacts]]:
    """Topic, account, correlation id and facts of what was announced of events."""
    rows = world.rows(
        """SELECT topic, account_id, correlation_id, CAST(payload AS text) FROM outbox
           WHERE topic LIKE 'event.%' ORDER BY id"""
    )
    found = []
    for topic, account_id, correlation_id, payload in rows:
        facts = read_announcement(topic, payload)
        assert isinstance(facts, SetAsideFacts)
        found.append((topic, account_id, correlation_id, facts))
    return found


def test_a_refused_event_is_announced_with_its_code_and_sentence(world):
    world.open("a")
    message = world.message("top_up", "a", amount="1.00", currency="EUR")
    world.receive(message, world.message("top_up", "a", amount="1.00", currency="USD"))
    world.drain()
    reason = "account a is kept in USD, the event says EUR"
    (topic, account_id, correlation_id, facts), *others = announced(world)
    assert others == []
    assert (topic, account_id) == ("event.refused", world.one("SELECT id FROM account"))
    assert correlation_id == f"world/{message['event_id']}"
    assert facts == SetAsideFacts("a", "world", message["event_id"], "top_up", "wrong_currency", reason)


def test_what_an_ingress_refuses_is_announced_too(world):
    world.open("a")
    known = world.message("top_up", "a", amount="1.00", currency="USD")
    world.receive(known, b"not json", known | {"data": {"amount": "2.00", "currency": "USD"}})
    world.receive(known, known | {"data": {"amount": "2.00", "currency": "USD"}})
    assert [(topic, facts.code) for topic, _, _, facts in announced(world)] == [
        ("event.refused", "bad_shape"),
        ("event.refused", "reused_id"),
    ]


def test_an_event_is_announced_again_when_it_was_tried_again_and_not_when_it_is_done(world):
    world.send("top_up", "late", amount="1.00", currency="USD")
    world.send("top_up", "never", amount="1.00", currency="USD")
    world.open("late")
    with world.store.transaction() as tx:
        inbox.replay(tx)
    world.drain()
    assert [facts.account for _, _, _, facts in announced(world)] == ["late", "never", "never"]


def test_an_event_that_failed_too_often_is_announced_as_parked(world, monkeypatch):
    world.open("a")
    world.receive(world.message("top_up", "a", amount="1.00", currency="USD"))
    monkeypatch.setattr(commands, "parse_event", lambda *_: 1 / 0)
    for _ in range(3):
        world.drain(max_attempts=3)
    ((topic, _, _, facts),) = announced(world)
    assert (topic, facts.code) == ("event.parked", "failed")
    assert facts.reason.startswith("ZeroDivisionError")


# ------------------------------------------------------------------------------------------------ the view
@pytest.fixture
def superuser(owner_url):
    """A session that may become any role."""
    try:
        connection = psycopg.connect(owner_url, user=SUPERUSER, autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("a session of another role can only be made on the embedded server")
    with connection:
        for role in ("outcome_crm", "outcome_gw"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
            connection.execute(f"CREATE ROLE {role} IN ROLE {SENDER_ROLE}")
        yield connection


def test_a_sender_sees_what_became_of_its_own_events_and_of_no_others(database_url, superuser):
    world = World(database_url)
    world.open("a")
    world.fee("a", "12.00")
    world.at("2026-11-03 00:00").tick()
    for role, event_id, account in (
        ("outcome_crm", "1", "a"), ("outcome_crm", "2", "nobody"), ("outcome_gw", "3", "a"), ("outcome_crm", "4", "a"),
    ):  # fmt: skip
        superuser.execute(f"SET ROLE {role}")
        superuser.execute(PLAIN, ("shared", event_id, account))
    superuser.execute("RESET ROLE")
    superuser.execute("UPDATE inbox SET received_at = '2026-11-03' WHERE source = 'shared'")
    world.drain()
    superuser.execute("SET ROLE outcome_crm")
    superuser.execute(PLAIN, ("shared", "1", "elsewhere"))
    found = superuser.execute(
        "SELECT event_id, state, code, reason, paid FROM event_outcome ORDER BY id"
    ).fetchall()
    assert [(row[0], row[1], row[2]) for row in found] == [
        ("1", "done", None),
        ("2", "refused", "unknown_account"),
        ("4", "done", None),
        ("1", "refused", "reused_id"),
    ]
    assert found[1][3] == "account 'nobody' is not known"
    # 12.00 were owed: the first paid 5.00, another sender's as much, the last what was left.
    assert [row[4] for row in found] == [{"a:2026-10": "5.00"}, {}, {"a:2026-10": "2.00"}, {}]
    assert superuser.execute("SELECT 1 FROM event_outcome WHERE event_id = '3'").fetchall() == []
    with pytest.raises(errors.InsufficientPrivilege):
        superuser.execute("SELECT 1 FROM repayment")
    world.store.close()


def test_no_condition_of_a_sender_is_asked_of_rows_of_others(superuser):
    superuser.execute("SET ROLE outcome_gw")
    superuser.execute(PLAIN, ("gw", "1", "secret"))
    superuser.execute("SET ROLE outcome_crm")
    superuser.execute(
        """CREATE FUNCTION pg_temp.peek(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
           BEGIN RAISE EXCEPTION 'seen: %', $1; END $$"""
    )
    assert superuser.execute("SELECT 1 FROM event_outcome WHERE pg_temp.peek(account)").fetchall() == []


def test_an_event_is_found_by_its_id_without_reading_through_the_inbox(superuser):
    superuser.execute(
        """INSERT INTO inbox (source, event_id, type, account, door)
           SELECT 'bulk', n, 'top_up', 'a', 'bulk' FROM generate_series(1, 20000) AS n"""
    )
    superuser.execute("VACUUM ANALYZE inbox")
    superuser.execute("SET ROLE outcome_crm")
    superuser.execute(PLAIN, ("crm", "1", "a"))
    superuser.execute("RESET ROLE")
    ((plan,),) = superuser.execute(
        """EXPLAIN (ANALYZE, BUFFERS, FORMAT json)
           SELECT * FROM event_outcome WHERE source = 'bulk' AND event_id = '77'"""
    ).fetchall()
    assert "inbox_identity" in json.dumps(plan)
    assert plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"] < 200

"""What is said of a sender holds at the SQL ingress by its database role; PostgreSQL itself refuses. Rule: R12.1c."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import errors

from sandbox.local.postgres import SUPERUSER
from settlement.errors import Refused
from settlement.operations.inbox.senders import end_sender, register_sender
from settlement.storage.migrate import SENDER_ROLE
from settlement.storage.store import Store

INSERT = """INSERT INTO inbox (source, event_id, type, account, data)
    VALUES (%s, %s, %s, %s, '{"amount": "5.00", "currency": "USD"}')"""
ROLES = ("sender_crm", "sender_other")
Insert = Callable[..., int]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    made = Store(database_url, pool_size=1)
    yield made
    made.close()


@pytest.fixture
def insert(owner_url: str, store: Store) -> Iterator[Insert]:
    """Inserts an event by a role: `insert("sender_crm", source, id, type, account)`."""
    try:
        superuser = psycopg.connect(owner_url, user=SUPERUSER, autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("a session of another role can only be made on the embedded server")

    def send(role: str, source: str, event_id: str, kind: str = "top_up", account: str = "crm-1") -> int:
        superuser.execute(f"SET ROLE {role}")
        try:
            return superuser.execute(INSERT, (source, event_id, kind, account)).rowcount
        finally:
            superuser.execute("RESET ROLE")

    with superuser:
        for role in ROLES:
            superuser.execute(f"DROP ROLE IF EXISTS {role}")
            superuser.execute(f"CREATE ROLE {role} IN ROLE {SENDER_ROLE}")
        register_sender(store, "crm", event_types=["top_up"], accounts=["crm-*", "web"], role="sender_crm")
        yield send


def test_a_role_sends_as_its_source_what_that_may_send(insert):
    assert insert("sender_crm", "crm", "1") == 1
    assert insert("sender_crm", "crm", "1") == 0
    assert insert("sender_crm", "crm", "2", account="web") == 1


@pytest.mark.parametrize(
    ("role", "source", "kind", "account", "why"),
    [
        ("sender_crm", "billing", "top_up", "crm-1", "sends as source crm, not as billing"),
        ("sender_crm", "crm", "refund", "crm-1", "may send top_up, not refund"),
        ("sender_crm", "crm", "top_up", "web-1", "nothing about account web-1"),
        ("sender_crm", "crm", "top_up", "", "nothing about account"),
        ("sender_other", "crm", "top_up", "crm-1", "source crm is not role sender_other"),
    ],
)
def test_whatever_else_it_sends_is_refused_by_the_database(insert, role, source, kind, account, why):
    with pytest.raises(errors.InsufficientPrivilege, match=why):
        insert(role, source, "1", kind, account)


def test_a_role_without_a_sender_sends_as_before_what_is_nobodys(insert):
    assert insert("sender_other", "legacy", "1") == 1


def test_a_sender_that_was_ended_inserts_nothing(insert, store):
    end_sender(store, "crm")
    with pytest.raises(errors.InsufficientPrivilege, match="has been ended"):
        insert("sender_crm", "crm", "1")


def test_the_pattern_is_a_beginning_and_no_expression(insert, store):
    register_sender(store, "crm", accounts=["a_%*"], role="sender_crm")
    assert insert("sender_crm", "crm", "1", account="a_%b") == 1
    with pytest.raises(errors.InsufficientPrivilege):
        insert("sender_crm", "crm", "2", account="axyb")


def test_only_a_role_that_is_there_and_free_and_no_more_than_a_senders_can_be_one(insert, store):
    assert insert
    for role, code in (
        ("nobody_here", "unknown_role"),
        (SUPERUSER, "unknown_role"),
        ("sender_crm", "role_taken"),
    ):
        with pytest.raises(Refused) as refused:
            register_sender(store, "other", role=role)
        assert refused.value.code == code

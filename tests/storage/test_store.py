"""Which server a store works with, and what it does when that one writes no longer."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text

from settlement.errors import Unavailable, UnusableServer
from settlement.storage.store import Store


@pytest.fixture
def store(shared_owner_url: str) -> Iterator[Store]:
    made = Store(shared_owner_url)
    yield made
    made.close()


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_of_several_servers_the_one_that_answers_is_used(shared_owner_url: str, nobody: int) -> None:
    given = conninfo_to_dict(shared_owner_url)
    servers = f"127.0.0.1:{nobody},{str(given['host']).replace('/', '%2F')}"
    store = Store(f"postgresql://{given['user']}@{servers}/{given['dbname']}")
    with store.transaction() as tx:
        assert tx.scalar(text("SELECT current_database()")) == given["dbname"]
    store.close()


def test_a_server_that_takes_no_writes_is_left(store: Store) -> None:
    with store.transaction() as tx:
        before = tx.scalar(text("SELECT pg_backend_pid()"))
        tx.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    with (
        pytest.raises(Unavailable, match="cannot execute CREATE TABLE in a read-only transaction"),
        store.transaction() as tx,
    ):
        tx.exec_driver_sql("CREATE TABLE never (number integer)")
    with store.transaction() as tx:
        assert tx.scalar(text("SELECT pg_backend_pid()")) != before


def test_what_the_url_says_of_the_server_is_kept(shared_owner_url: str) -> None:
    store = Store(f"{shared_owner_url}&target_session_attrs=standby")
    with pytest.raises(Unavailable, match="server is not in hot standby mode"), store.transaction():
        pass
    store.close()


@pytest.mark.parametrize("url", ["postgresql://h/db?no_such=1", "postgresql+psycopg://h/%zz"])
def test_a_url_that_cannot_be_read_is_said(url: str) -> None:
    with pytest.raises(UnusableServer, match="the URL of the database cannot be read: invalid"):
        Store(url)

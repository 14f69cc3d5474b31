"""Catching up: in the order of publication, under ids that never come again."""

from __future__ import annotations

import subprocess
import threading
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from sandbox.local.binaries import own_programs
from settlement.errors import NotFound, Refused
from settlement.model.announcements.facts import ReleasedFacts
from settlement.model.announcements.topics import announcement
from settlement.operations.inbox.relay import relay
from settlement.queries.programs import announcements
from settlement.storage.store import Store
from settlement.storage.work import outbox
from tests.support.servers import PostgresForTests
from tests.support.world import World

PROGRAMS = own_programs()


def announce(store: Store, *accounts: str) -> None:
    rows = [announcement(1, "account.released", ReleasedFacts(name, "-", "-"), "c") for name in accounts]
    with store.transaction() as tx:
        outbox.announce(tx, rows, at=outbox.now(tx))


def relayed(store: Store) -> None:
    while relay(store, lambda _: None, limit=2):
        pass


def read(store: Store, after: str | None = None, **filters: object) -> list[announcements.AnnouncementView]:
    with store.transaction() as tx:
        return announcements.rows(tx, limit=100, after=after, **filters)  # type: ignore[arg-type]


def accounts(found: list[announcements.AnnouncementView]) -> list[str]:
    return [row.data["account"] for row in found]


def test_whoever_goes_on_after_the_last_one_sees_each_once_in_order(world: World) -> None:
    announce(world.store, "a", "b", "c")
    assert read(world.store) == []
    relayed(world.store)
    first = read(world.store)
    assert accounts(first) == ["a", "b", "c"]
    announce(world.store, "d")
    relayed(world.store)
    assert accounts(read(world.store, first[-1].id)) == ["d"]
    assert accounts(read(world.store, first[0].id)) == ["b", "c", "d"]
    assert accounts(read(world.store, account="b")) == ["b"]
    assert accounts(read(world.store, topic="account.*")) == ["a", "b", "c", "d"]
    assert read(world.store, topic="bill.*") == []


def test_one_that_is_committed_late_is_not_missed(world: World) -> None:
    """A number is given before its row can be seen: a reader that went by numbers would leave it out."""
    announce(world.store, "first")
    relayed(world.store)
    (first,) = read(world.store)
    with world.store.transaction() as tx:
        outbox.announce(
            tx, [announcement(1, "account.released", ReleasedFacts("late", "-", "-"), "c")], at=world.now
        )
        announce(world.store, "early")
        relayed(world.store)
        seen = read(world.store, first.id)
        assert accounts(seen) == ["early"]
    relayed(world.store)
    assert accounts(read(world.store, seen[-1].id)) == ["late"]


def test_relays_side_by_side_keep_the_order(world: World) -> None:
    announce(world.store, *"abcdef")
    threads = [threading.Thread(target=relayed, args=(world.store,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relayed(world.store)
    assert accounts(read(world.store)) == list("abcdef")


def test_outcomes_of_events_are_for_their_sender(world: World) -> None:
    world.send("top_up", "nobody", amount="1.00", currency="USD")
    relayed(world.store)
    assert read(world.store) == []
    assert read(world.store, source="other") == []
    assert accounts(read(world.store, source="world")) == ["nobody"]
    assert accounts(read(world.store, everyone=True)) == ["nobody"]


def test_an_id_that_is_none_is_refused(world: World) -> None:
    announce(world.store, "a")
    relayed(world.store)
    known = read(world.store)[0].id
    for text in ("", "1", "a-b", "1-2-3", f"{known}9", "9" * 30 + "-1"):
        with pytest.raises((NotFound, Refused)):
            read(world.store, text)


def test_after_a_restore_no_id_comes_a_second_time_and_whoever_reads_goes_on(
    postgres: PostgresForTests, database: str
) -> None:
    restored = f"{database}_restored"
    with closing(Store(postgres.worker_url(database))) as before:
        announce(before, "a", "b")
        relayed(before)
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(copy.format(sql.Identifier(restored), sql.Identifier(database)))
    try:
        with (
            closing(Store(postgres.worker_url(database))) as before,
            closing(Store(postgres.worker_url(restored))) as after,
        ):
            announce(before, "c", "d", "e", "f")
            relayed(before)
            seen = read(before)
            announce(after, "x", "y", "z")
            relayed(after)
            new = read(after, seen[-1].id)
            assert accounts(new) == ["x", "y", "z"]
            assert not {row.id for row in new} & {row.id for row in seen}
            # What the backup held keeps its id.
            assert [row.id for row in read(after)[:2]] == [row.id for row in seen[:2]]
            assert accounts(read(after, new[0].id)) == ["y", "z"]
    finally:
        postgres.drop(restored)


def test_after_a_restore_in_place_no_id_comes_a_second_time(
    postgres: PostgresForTests, database: str
) -> None:
    """As `pg_restore --clean` does it: the table is dropped and made again as the backup has it, its numbers too."""
    with closing(Store(postgres.worker_url(database))) as store:
        announce(store, "a", "b")
        relayed(store)
        backup = subprocess.run(
            [
                PROGRAMS / "pg_dump",
                "--format=custom",
                "--table=outbox",
                "--table=outbox_epoch",
                postgres.owner_url(database),
            ],
            capture_output=True,
            check=True,
        ).stdout
        announce(store, "c", "d")
        relayed(store)
        seen = read(store)
    subprocess.run(
        [PROGRAMS / "pg_restore", "--clean", "--if-exists", "--exit-on-error", "--single-transaction", "--no-owner",
         "--dbname", postgres.owner_url(database)], input=backup, check=True,
    )  # fmt: skip
    with closing(Store(postgres.worker_url(database))) as store:
        announce(store, "x", "y")
        relayed(store)
        new = read(store, seen[-1].id)
        assert accounts(new) == ["x", "y"]
        assert not {row.id for row in new} & {row.id for row in seen}
        assert [row.id for row in read(store)[:2]] == [row.id for row in seen[:2]]


def test_an_operator_begins_an_epoch_where_nothing_shows_that_it_was_restored(world: World) -> None:
    announce(world.store, "a")
    with world.store.transaction() as tx:
        begun = outbox.begin_epoch(tx)
    announce(world.store, "b")
    relayed(world.store)
    first, second = read(world.store)
    assert first.epoch < second.epoch == begun

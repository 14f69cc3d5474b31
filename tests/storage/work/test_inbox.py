"""Every event once, by whatever door; claims by account, in order. Rule: R11.1."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text

from sandbox.local.postgres import SUPERUSER
from settlement.model.arrival import Received
from settlement.storage.work import inbox
from tests.support.world import World

INSERT = """INSERT INTO inbox (source, event_id, type, account, data)
            VALUES ('sql', %s, 'top_up', %s, %s)"""
FIVE = '{"amount": "5.00", "currency": "USD"}'
SIX = '{"amount": "6.00", "currency": "USD"}'


def nobody(row):
    """An event that is about no other account."""
    return ()


def insert(url, event_id, account="a", data=FIVE):
    """As another program would; returns how many rows that made."""
    with psycopg.connect(url) as connection:
        return connection.execute(INSERT, (event_id, account, data)).rowcount


def test_a_plain_insert_is_a_door_and_repeating_it_does_nothing(world, shared_url):
    world.open("a")
    assert insert(shared_url, "1") == 1
    # The same content in another spelling is the same event.
    assert insert(shared_url, "1", data='{"currency":"USD",   "amount":"5.00"}') == 0
    world.drain()
    assert insert(shared_url, "1") == 0
    assert world.drain().events == 0
    assert world.cash("a") == 500


def test_a_reused_id_with_other_content_is_kept_refused_and_the_first_one_counts(world, shared_url):
    world.open("a")
    insert(shared_url, "1")
    assert insert(shared_url, "1", data=SIX) == 1
    assert insert(shared_url, "1", data=SIX) == 0, "the same conflict again is known too"
    assert insert(shared_url, "1", account="b") == 1
    world.drain()
    assert world.cash("a") == 500
    kept = world.rows(
        "SELECT state, reason_code, conflict_of IS NOT NULL FROM inbox WHERE source = 'sql' ORDER BY id"
    )
    assert kept == [("done", None, False), ("refused", "reused_id", True), ("refused", "reused_id", True)]
    with world.store.transaction() as tx:
        assert inbox.replay(tx) == [], "a conflict is not something to try again"


def test_the_same_event_by_two_doors_counts_once(world, shared_url):
    world.open("a")
    message = {"source": "sql", "event_id": "1", "type": "top_up", "account": "a"}
    insert(shared_url, "1")
    assert world.receive(message | {"data": {"amount": "5.00", "currency": "USD"}}) == Received(0, 0, 1)
    assert world.receive(message | {"data": {"amount": "6.00", "currency": "USD"}}) == Received(0, 1, 0)
    world.drain()
    assert world.cash("a") == 500


def test_the_same_event_twice_in_one_message_counts_once(world):
    world.open("a")
    one = world.message("top_up", "a", amount="5.00", currency="USD")
    assert world.receive(
        one, dict(one), world.message("top_up", "a", amount="5.00", currency="USD")
    ) == Received(2, 0, 1)
    world.drain()
    assert world.cash("a") == 1000


def test_two_senders_of_the_same_event_at_the_same_instant(world, shared_url):
    world.open("a")
    message: dict[str, object] = {"source": "sql", "event_id": "1", "type": "top_up", "account": "a"}
    message["data"] = {"amount": "5.00", "currency": "USD"}
    with psycopg.connect(shared_url) as first, ThreadPoolExecutor(2) as pool:
        first.execute(INSERT, ("1", "a", FIVE))
        by_receive = pool.submit(world.receive, message)
        by_insert = pool.submit(insert, shared_url, "1")
        wait_until(lambda: blocked(world) == 2)
        first.commit()
        assert by_receive.result(10) == Received(0, 0, 1)
        # A plain INSERT that loses the race learns so; sending again then does nothing.
        with pytest.raises(errors.UniqueViolation):
            by_insert.result(10)
    assert insert(shared_url, "1") == 0
    assert world.one("SELECT count(*) FROM inbox WHERE source = 'sql'") == 1


def wait_until(condition):
    for _ in range(400):
        if condition():
            return
        time.sleep(0.025)
    raise AssertionError("did not come about")


def blocked(world):
    return world.one(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )


BROKEN = [
    b"\xff\xfe",
    "not json",
    "[]",
    "null",
    '{"source": "s", "event_id": "1"}',
    '{"source": "s", "event_id": "2", "type": "top_up", "account": "a", "data": {"x": 1e400}}',
    '{"source": "s", "event_id": "3", "type": "top_up", "account": "a", "data": {"x": NaN}}',
    '{"source": "s", "event_id": "4", "type": "top_up", "account": "a", "data": {"x": "\\ud800"}}',
    '{"source": "\\ud800", "event_id": "5", "type": "top_up", "account": "a", "data": {}}',
    '{"source": "s", "event_id": "6", "type": "top_up", "account": "a", "data": {"x": "\\u0000"}}',
    '{"source": "s", "event_id": "7", "type": "t", "data": {}, "occurred_at": "0001-01-01T00:00:00+14:00"}',
    '{"source": "s", "event_id": "8", "type": "t", "account": "a", "data": {"x": ' + "9" * 5000 + "}}",
    '{"source": "s", "event_id": "9", "type": "t", "account": "a", "data": {}, "\\ud800": 1}',
    "[" * 100_000,
    {"source": "s", "event_id": "10", "type": "t", "account": "a", "data": {"x": {1, 2}}},
    {"source": "s", "event_id": "11", "type": "t", "account": "a", "data": {"x": float("inf")}},
    {1: 2},
    7,
]


def test_whatever_comes_is_kept_with_its_reason_and_stops_nothing(world):
    world.open("a")
    good = world.message("top_up", "a", amount="5.00", currency="USD")
    assert world.receive(*BROKEN, good) == Received(1, len(BROKEN), 0)
    assert world.receive(*BROKEN, good) == Received(0, 0, len(BROKEN) + 1)
    assert world.rows(
        "SELECT DISTINCT state, reason_code FROM inbox WHERE type <> 'account_opened' ORDER BY 1"
    ) == [
        ("waiting", None),
        ("refused", "bad_shape"),
    ]
    world.drain()
    assert world.cash("a") == 500


@pytest.mark.parametrize(
    "data", ['{"x": 1e5000}', "[]", '"text"', "null", '{"amount": 5, "currency": "USD"}']
)
def test_what_sql_alone_can_bring_is_refused_and_stops_nothing(world, shared_url, data):
    world.open("a", "b")
    insert(shared_url, "1", data=data)
    insert(shared_url, "2", account="b")
    world.drain()
    assert world.refused() == ["bad_shape"]
    assert world.cash("b") == 500


def test_an_occurrence_beyond_the_calendar_stops_nothing(world, shared_url):
    world.open("a")
    with psycopg.connect(shared_url) as connection:
        connection.execute(
            """INSERT INTO inbox (source, event_id, type, account, data, occurred_at)
               VALUES ('sql', '1', 'top_up', 'a', %s, 'infinity')""", (FIVE,)
        )  # fmt: skip
    world.drain()
    assert world.cash("a") == 500


# ---------------------------------------------------------------------------------------------------- claims


def waiting(world: World, *pairs: tuple[str, str]) -> None:
    world.receive(*(world.message("top_up", name, amount=amount, currency="USD") for name, amount in pairs))


def test_a_second_worker_gets_other_accounts_and_the_claim_ends_with_the_transaction(world):
    world.open("a", "b")
    waiting(world, ("a", "1.00"), ("b", "2.00"), ("a", "3.00"))
    with world.store.transaction() as first:
        claimed = inbox.claim(first, accounts=1, events=100, others=nobody)
        assert [row.account for row in claimed] == ["a", "a"]
        with world.store.transaction() as second:
            assert [row.account for row in inbox.claim(second, accounts=10, events=100, others=nobody)] == [
                "b"
            ]
            with world.store.transaction() as third:
                assert inbox.claim(third, accounts=10, events=100, others=nobody) == []
                assert not inbox.claim_again(third, claimed[:1], others=nobody)
    with world.store.transaction() as again:
        assert [row.account for row in inbox.claim(again, accounts=10, events=100, others=nobody)] == [
            "a",
            "b",
            "a",
        ]
        assert inbox.claim_again(again, claimed[:1], others=nobody) == claimed[:1]


def test_events_of_an_account_come_in_the_order_of_their_rows(world):
    world.open("a", "b")
    waiting(world, *[("a", f"{n}.00") for n in range(1, 6)], ("b", "1.00"))
    with world.store.transaction() as tx:
        rows = inbox.claim(tx, accounts=1, events=3, others=nobody)
    assert [row.id for row in rows] == sorted(row.id for row in rows)
    assert len(rows) == 3


def test_an_event_that_fails_again_and_again_is_set_aside(world):
    world.open("a")
    waiting(world, ("a", "1.00"))
    for attempt in (1, 2, 3):
        with world.store.transaction() as tx:
            (row,) = inbox.claim(tx, accounts=1, events=1, others=nobody)
            inbox.note_failure(tx, row.id, most=3, reason=f"attempt {attempt}")
    assert world.rows("SELECT state, attempts, reason FROM inbox WHERE type = 'top_up'") == [
        ("parked", 3, "attempt 3")
    ]
    with world.store.transaction() as tx:
        assert inbox.replay(tx) == [row.id]
    assert world.drain().events == 1
    assert world.cash("a") == 100


# Transfers take from another account, whose own earlier events must have been booked before.


def transfer(world: World, into: str, source: str, amount: str = "5.00"):
    return world.message("transfer", into, amount=amount, currency="USD", from_account=source)


@pytest.mark.parametrize("limits", [{"accounts": 1}, {"accounts": 2, "events": 2}, {"events": 1}, {}])
def test_a_transfer_never_overtakes_what_its_payer_received_before_it(world, limits):
    world.open("a", "b", "c", "d")
    world.tie("b", "c", "d")
    world.receive(
        world.message("top_up", "a", amount="1.00", currency="USD"),
        world.message("top_up", "d", amount="1.00", currency="USD"),
        world.message("top_up", "b", amount="5.00", currency="USD"),
        transfer(world, "c", "b"),
        world.message("transfer_pulled_back", "b", amount="5.00", currency="USD", from_account="c"),
        world.message("top_up", "a", amount="2.00", currency="USD"),
        transfer(world, "d", "b"),
    )
    world.drain(**limits)
    assert world.refused() == []
    assert [world.cash(name) for name in "abcd"] == [300, 0, 0, 600]


def test_a_transfer_waits_for_its_payer_in_another_workers_hands(world):
    world.open("a", "b")
    world.tie("b", "a")
    world.receive(world.message("top_up", "b", amount="5.00", currency="USD"), transfer(world, "a", "b"))
    with world.store.transaction() as busy:
        assert [row.account for row in inbox.claim(busy, accounts=1, events=10, others=nobody)] == ["b"]
        assert world.drain().events == 0
    world.drain()
    assert (world.refused(), world.cash("a")) == ([], 500)


def test_three_workers_at_once_book_everything_once_and_never_lock_each_other_out(world, shared_url):
    names = [f"a{n}" for n in range(12)]
    world.open(*names, opening_cash="100.00")
    # Each with an odd number is the member of one with an even number.
    for number in range(1, 12, 2):
        world.tie(names[(number + 5) % 12], names[number])
    messages = []
    for turn in range(10):
        for number, name in enumerate(names):
            messages.append(world.message("top_up", name, amount="1.00", currency="USD"))
            if turn % 3 == 0 and number % 2:
                messages.append(transfer(world, name, names[(number + 5) % 12], "2.00"))
    world.receive(*messages)

    def work(_: int) -> int:
        worker = World(shared_url)
        worker.at("2026-10-06 00:00")
        total = 0
        for _ in range(40):
            total += worker.drain(accounts=3, events=7).events
        worker.store.close()
        return total

    with ThreadPoolExecutor(3) as pool:
        done = sum(pool.map(work, range(3)))
    # The last of it and the audit are as late as what the workers booked.
    assert done + world.at("2026-10-06 00:00").drain().events == len(messages)
    assert world.refused() == []
    assert {world.cash(name) for name in names[1::2]} == {11_800}
    assert {world.cash(name) for name in names[::2]} == {10_200}
    assert world.faults() == 0


def test_a_worker_without_time_for_a_lock_leaves_the_events_waiting(world, shared_url):
    from settlement.errors import Unavailable
    from settlement.storage.store import Store

    world.open("a")
    waiting(world, ("a", "1.00"))
    hasty = World(shared_url)
    hasty.store = Store(shared_url, lock_timeout_s=0.1)
    with world.store.transaction() as busy:
        busy.execute(text("SELECT 1 FROM account FOR UPDATE"))
        with pytest.raises(Unavailable):
            hasty.drain()
    hasty.store.close()
    assert world.drain().events == 1
    assert world.cash("a") == 100


def test_a_sender_needs_no_right_but_to_insert(shared_url, shared_owner_url):
    """The trigger that recognises repeats looks with its owner's eyes. The role goes with the transaction."""
    try:
        superuser = psycopg.connect(shared_owner_url, user=SUPERUSER)
    except psycopg.OperationalError:
        pytest.skip("roles can only be made on the embedded server")
    with superuser as connection:
        connection.execute("CREATE ROLE settle_sender_for_test")
        connection.execute(
            "GRANT INSERT (source, event_id, type, account, data) ON inbox TO settle_sender_for_test"
        )
        connection.execute("SET LOCAL ROLE settle_sender_for_test")
        assert connection.execute(INSERT, ("1", "a", FIVE)).rowcount == 1
        assert connection.execute(INSERT, ("1", "a", FIVE)).rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute("SELECT 1 FROM inbox")
        connection.rollback()


def test_what_waits_behind_events_that_have_to_wait_for_others_is_claimed(world, shared_url):
    """The oldest are all of one account, of which the first is about money that another one has to get before."""
    world.open("payer", "a", "b")
    world.drain()
    for number, account in enumerate(("payer", "a", "a", "a", "b")):
        insert(shared_url, str(number), account)

    def paid_by(row):
        return ("payer",) if row.event_id == "1" else ()

    with world.store.transaction() as tx:
        rows = inbox.claim(tx, accounts=2, events=10, others=paid_by, passed_over=["payer"])
        assert [row.account for row in rows] == ["b"]
    with world.store.transaction() as tx:
        assert inbox.claim(tx, accounts=2, events=10, others=paid_by, passed_over=["payer", "b"]) == []


def test_no_more_accounts_are_locked_than_are_claimed_however_many_have_to_wait(world, shared_url):
    """PostgreSQL has room for so many locks, of all sessions together, and without any nobody does anything."""
    waits = [f"a{number}" for number in range(20)]
    for number, account in enumerate(("payer", *waits, *waits, "b")):
        insert(shared_url, str(number), account)
    own = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")

    def paid_by(row):
        return ("payer",) if row.account in waits else ()

    with world.store.transaction() as tx:
        rows = inbox.claim(tx, accounts=2, events=10, others=paid_by, passed_over=["payer"])
        assert [row.account for row in rows] == ["b"]
        assert tx.scalar(own) <= 4
    with world.store.transaction() as tx:
        assert inbox.claim(tx, accounts=2, events=10, others=paid_by, passed_over=["payer", "b"]) == []
        assert tx.scalar(own) <= 2


@pytest.mark.parametrize("limits", [{"events": 1}, {"events": 10, "most_bytes": 100}])
def test_what_a_claim_had_no_room_for_is_looked_at_when_the_rest_has_to_wait(world, shared_url, limits):
    world.open("payer", "a", "b")
    world.drain()
    long = '{"amount": "5.00", "currency": "USD", "note": "' + "x" * 100 + '"}'
    for number, account in enumerate(("payer", "a", "b", "a")):
        insert(shared_url, str(number), account, data=long)

    def paid_by(row):
        return ("payer",) if row.account == "a" else ()

    with world.store.transaction() as tx:
        rows = inbox.claim(tx, accounts=10, others=paid_by, passed_over=["payer"], **limits)
        assert [row.account for row in rows] == ["b"]


def listing(world: World, act: str, **data: object):
    return world.message(f"unified_settlement_{act}", "main", settlement="u1", **data)


def test_a_list_of_bills_waits_for_what_its_accounts_received_before_it(world):
    world.open("m", "n", "main", auto_write_off=False)
    world.fee("m", "50")
    world.fee("n", "50")
    world.at("2026-11-02 04:00").tick()
    world.send("relationship_requested", "main", member="m")
    world.tie("main", "n")
    bills = [{"account": name, "cycle": "2026-10"} for name in ("n", "m")]
    world.receive(
        world.message("relationship_accepted", "m", main="main"),
        listing(world, "created", accounts=["n", "m"], cycles=["2026-10"]),
    )
    with world.store.transaction() as busy:
        assert [row.account for row in inbox.claim(busy, accounts=1, events=10, others=nobody)] == ["m"]
        assert world.drain().events == 0
    world.drain()
    world.receive(
        world.message("top_up", "n", amount="1.00", currency="USD"),
        listing(world, "edited", bills=bills[::-1]),
    )
    with world.store.transaction() as busy:
        assert [row.account for row in inbox.claim(busy, accounts=1, events=10, others=nobody)] == ["n"]
        assert world.drain().events == 0
    world.drain()
    assert world.refused() == []
    assert world.rows("SELECT external_id FROM unified_line JOIN account ON id = account_id ORDER BY line_no") == [
        ("m",), ("n",),
    ]  # fmt: skip


@pytest.mark.parametrize("accounts", [None, 1, "m", [None, {"m": 1}, ["m"]], {"m": 2}])
def test_a_list_of_bills_that_makes_no_sense_is_refused_and_stops_nothing(world, accounts):
    world.open("main", "m")
    world.receive(
        listing(world, "created", accounts=accounts, cycles=["2026-10"]),
        listing(world, "edited", bills=accounts),
        world.message("top_up", "m", amount="1.00", currency="USD"),
    )
    world.drain(accounts=1)
    assert (world.cash("m"), len(world.refused())) == (100, 2)

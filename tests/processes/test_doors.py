"""Events through each door, with a real worker and a real beat. Rule: R11.1."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from settlement.operations.inbox.senders import register_sender
from tests.support.running.processes import Deployment, Process, event, opened, top_up, wait_for
from worker.broker import stream_name

Shared = tuple[Deployment, Process]


def test_an_event_of_each_door_counts_once_however_often_it_comes(shared: Shared) -> None:
    made, worker = shared
    names = ("by-sql", "by-stream", "by-celery", "by-many")
    for name in names:
        made.send("tasks.events.receive", opened(name))
    wait_for(lambda: all(made.cash_minor(name) == 0 for name in names), worker)

    for _ in range(2):
        made.insert(top_up("by-sql", 1))
        made.add(top_up("by-stream", 1), top_up("by-stream", 2))
        made.send("tasks.events.receive", top_up("by-celery", 1))
        made.send("tasks.events.receive", [top_up("by-many", number) for number in range(100)])
    # The same event by another door is still the same event.
    made.add(top_up("by-sql", 1), top_up("by-celery", 1))
    made.send("tasks.events.receive", top_up("by-stream", 1))
    arrived = "SELECT count(*) FROM inbox WHERE account LIKE 'by-%' AND state = 'done'"
    wait_for(lambda: made.one(arrived) == len(names) + 104, worker)
    # Everything sent has been looked at once both doors are empty and the last message has had its effect.
    made.send("tasks.events.receive", opened("last"))
    wait_for(lambda: made.cash_minor("last") == 0 and made.redis.xlen(made.stream) == 0, worker)

    assert {name: made.cash_minor(name) for name in names} == {
        "by-sql": 10_00,
        "by-stream": 20_00,
        "by-celery": 10_00,
        "by-many": 1000_00,
    }
    assert made.one(arrived) == len(names) + 104


def test_a_sender_that_is_made_known_is_read_by_its_own_stream(shared: Shared) -> None:
    made, worker = shared
    register_sender(made.store, "metering")
    own = stream_name(made.prefix, "metering")
    for sent in (opened("by-own"), {**top_up("by-own", 1), "source": "metering"}):
        named = {name: value for name, value in sent.items() if name != "source"}
        made.redis.xadd(own, {"event": json.dumps(named)})
    made.redis.xadd(own, {"event": json.dumps({**top_up("by-own", 2), "source": "another"})})
    wait_for(lambda: made.cash_minor("by-own") == 10_00, worker)
    kept = "SELECT source, state, reason_code FROM inbox WHERE source IN ('metering', 'another') ORDER BY id"
    assert made.rows(kept) == [
        ("metering", "done", None), ("metering", "done", None), ("metering", "refused", "not_allowed"),
    ]  # fmt: skip


def test_a_malformed_event_is_kept_with_its_reason_and_stops_nobody(shared: Shared) -> None:
    made, worker = shared
    made.redis.xadd(made.stream, {"event": "{not json"})
    made.redis.xadd(made.stream, {"another": "field"})
    made.redis.xadd(made.stream, {"event": b"\xff\xfe"})
    made.add({"source": "test"}, opened("behind-bad-entries"))
    made.send("tasks.events.receive", "not an event")
    made.send(
        "tasks.events.receive", [None, 7, {"source": "test", "event_id": "x"}, opened("beside-bad-events")]
    )
    made.send("tasks.events.receive", event("top_up", "\ud800", "\ud800", amount=1.5))

    refused = (
        "SELECT door, count(*) FROM inbox WHERE reason_code = 'bad_shape' AND reason <> '' GROUP BY door"
    )
    wait_for(lambda: dict(made.rows(refused)) == {"stream": 4, "celery": 5}, worker)
    wait_for(
        lambda: made.cash_minor("behind-bad-entries") == made.cash_minor("beside-bad-events") == 0, worker
    )
    wait_for(lambda: made.redis.xlen(made.stream) == 0, worker)


def test_the_log_leads_from_an_event_to_its_effect_and_shows_no_payload(shared: Shared) -> None:
    made, worker = shared
    followed = {**opened("followed"), "correlation_id": "request-77"}
    followed["data"]["name"] = "Confidential Ltd"
    made.send("tasks.events.receive", followed)
    made.send("tasks.events.recieve", {"secret": "Confidential Ltd"})
    wait_for(lambda: made.cash_minor("followed") == 0, worker)
    made.add({**top_up("followed", 1, "4242.42"), "correlation_id": "request-78"})
    wait_for(lambda: made.cash_minor("followed") == 4242_42, worker)

    doors = {
        name: line["door"] for line in worker.said("events recorded") for name in line["correlation_ids"]
    }
    assert (doors["request-77"], doors["request-78"]) == ("celery", "stream")
    kept = made.rows("SELECT correlation_id FROM inbox WHERE account = 'followed' ORDER BY id")
    assert kept == [("request-77",), ("request-78",)]
    # Messages that wait together are taken together, and one that is set aside is logged when it is.
    wait_for(lambda: "tasks.events.recieve" in worker.log.read_text(), worker)
    log = worker.log.read_text()
    assert "Confidential" not in log
    assert "4242" not in log
    password = made.broker_url.partition("://")[2].rpartition("@")[0].rpartition(":")[2]
    assert not password or password not in log


def test_announcements_reach_the_outgoing_stream_in_order_with_their_correlation_id(shared: Shared) -> None:
    made, worker = shared
    with made.store.transaction() as tx:
        tx.execute(
            text("""INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
                    SELECT 1, 'bill.settled', jsonb_build_object('bill', n), 'c-' || n, now()
                    FROM generate_series(1, 3) AS n ORDER BY n""")
        )
    outgoing = f"{made.prefix}stream:outbound"
    wait_for(lambda: made.one("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0, worker)

    # Beside what else there was to announce, like events that were refused.
    published: Any = made.redis.xrange(outgoing)
    entries = [fields for _, fields in published if fields[b"topic"] == b"bill.settled"]
    assert [json.loads(entry[b"payload"]) for entry in entries] == [{"bill": 1}, {"bill": 2}, {"bill": 3}]
    assert [entry[b"topic"] for entry in entries] == [b"bill.settled"] * 3
    assert [entry[b"correlation_id"] for entry in entries] == [b"c-1", b"c-2", b"c-3"]
    epoch = made.one("SELECT max(epoch) FROM outbox_epoch")
    assert [entry[b"id"].decode() for entry in entries] == [
        f"{epoch}-{row[0]}"
        for row in made.rows("SELECT id FROM outbox WHERE topic = 'bill.settled' ORDER BY id")
    ]

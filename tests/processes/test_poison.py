"""Whatever is pushed onto a queue leaves every worker alive and is kept, with its bytes. Rule: R11.6."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.brokers import lapse
from tests.support.running.processes import Deployment, Process, opened, top_up, wait_for
from worker.queues import ALL


def envelope(body: object = ([], {}, {}), tag: str = "tag", **values: Any) -> dict[str, Any]:
    """A message as Celery's own client would put it on the queue, but for what is given."""
    headers = {
        "task": "tasks.events.drain",
        "id": f"id-{tag}",
        "lang": "py",
        "root_id": None,
        "parent_id": None,
    }
    plain = {
        "body": base64.b64encode(json.dumps(body).encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": headers | values.pop("header", {}),
        "properties": {
            "delivery_tag": tag, "delivery_mode": 2, "priority": 0, "body_encoding": "base64",
            "delivery_info": {"exchange": "events", "routing_key": "events"},
        } | values.pop("property", {}),
    }  # fmt: skip
    return {**plain, **values}


def without(part: str, **values: Any) -> dict[str, Any]:
    whole = envelope(tag=f"without-{part}", **values)
    del whole[part]
    return whole


NESTED = "[" * 100_000 + "]" * 100_000
PICKLED = base64.b64encode(pickle.dumps({"never": "read"})).decode()
POISON: dict[str, tuple[str, object]] = {
    # What is no message at all.
    "not JSON": ("not_json", b"this is not JSON"),
    "nothing": ("not_json", b""),
    "bytes": ("not_json", b"\x80\x00\xff\xfe\n"),
    "pickle": ("not_json", pickle.dumps(["a", 1])),
    "cut off": ("not_json", json.dumps(envelope()).encode()[:-20]),
    "nested deeply": ("not_json", NESTED.encode()),
    "a number too long": ("not_json", b"9" * 5000),
    "array": ("bad_envelope", [1, 2, 3]),
    "text": ("bad_envelope", "tasks.events.drain"),
    "null": ("bad_envelope", None),
    "an object": ("bad_envelope", {"task": "tasks.events.drain"}),
    "no properties": ("bad_envelope", without("properties")),
    "no headers": ("bad_envelope", without("headers")),
    "no body": ("bad_envelope", without("body")),
    "headers are null": ("bad_envelope", envelope(headers=None)),
    "no delivery tag": ("bad_envelope", envelope(property={"delivery_tag": None})),
    "a delivery tag that is a list": ("bad_envelope", envelope(property={"delivery_tag": ["a"]})),
    "a delivery tag of half a character": ("bad_envelope", envelope(property={"delivery_tag": "\ud800"})),
    "no delivery info": ("bad_envelope", envelope(property={"delivery_info": "events"})),
    "a content type that is a list": ("bad_envelope", envelope() | {"content-type": ["json"]}),
    "base64 that is none": ("bad_body", envelope(body="###", tag="base64") | {"body": "%%%not base64%%%"}),
    "an unknown body encoding": ("bad_body", envelope(property={"body_encoding": "rot13"})),
    "compressed": ("compressed", envelope(header={"compression": "application/x-gzip"})),
    # What is a message whose body says nothing.
    "body not JSON": ("bad_body", envelope(tag="t1") | {"body": base64.b64encode(b"{no").decode()}),
    "body nested deeply": ("bad_body", envelope(tag="t2") | {"body": base64.b64encode(NESTED.encode()).decode()}),
    "body pickled": (
        "invalid_task",
        envelope(tag="t3", **{"content-type": "application/x-python-serialize"}) | {"body": PICKLED},
    ),
    "body of an unknown type": ("invalid_task", envelope(tag="t4", **{"content-type": "text/klingon"})),
    "empty body": ("bad_arguments", envelope(tag="t5") | {"body": ""}),
    # What is a message for no task.
    "unknown task": ("unknown_task", envelope(tag="t6", header={"task": "tasks.events.recieve"})),
    "a task that is a list": ("bad_message", envelope(tag="t7", header={"task": ["tasks.events.drain"]})),
    "no task": ("no_task", envelope({"hello": "world"}, tag="t8", headers={})),
    "no task id": ("invalid_task", envelope(tag="t9", header={"id": None})),
    # What a task cannot take.
    "too many arguments": ("bad_arguments", envelope(([1, 2, 3], {}, {}), tag="t10")),
    "too few arguments": ("bad_arguments", envelope(tag="t11", header={"task": "tasks.events.receive"})),
    "a keyword it does not have": ("bad_arguments", envelope(([], {"now": True}, {}), tag="t12")),
    "an argument of the wrong type": (
        "bad_arguments", envelope((["7"], {}, {}), tag="t13", header={"task": "tasks.month_close.work"}),
    ),
    "arguments that are no list": ("bad_arguments", envelope(({"a": 1}, {}, {}), tag="t14")),
    "two parts of three": ("bad_arguments", envelope(([], {}), tag="t15")),
    # When it is due.
    "an eta that is no time": ("bad_eta", envelope(tag="t16", header={"eta": "tomorrow"})),
    "an eta that is a list": ("bad_eta", envelope(tag="t17", header={"eta": [1]})),
    "an eta at the end of time": ("bad_eta", envelope(tag="t18", header={"eta": "9999-12-31T23:59:59.999999"})),
    "an eta of next week": (
        "bad_eta", envelope(tag="t19", header={"eta": (datetime.now(UTC) + timedelta(days=7)).isoformat()}),
    ),
    "an expiry that is no time": ("invalid_task", envelope(tag="t20", header={"expires": "never"})),
    "time limits that are none": ("bad_message", envelope(tag="t21", header={"timelimit": "long"})),
    # What Celery reads when the task has begun or ended, in the pool or in the main loop.
    "a shadow that is an object": ("bad_message", envelope(tag="t22", header={"shadow": {"a": 1}})),
    "callbacks that are a text": ("bad_message", envelope(([], {}, {"callbacks": "x"}), tag="t23")),
    "callbacks among the headers": ("bad_message", envelope(tag="t24", header={"callbacks": ["x"]})),
    "an error callback": ("bad_message", envelope(([], {}, {"errbacks": [{"task": 1}]}), tag="t25")),
    "a chain of tasks": ("bad_message", envelope(([], {}, {"chain": [7]}), tag="t26")),
    "an embedded delivery": ("bad_message", envelope(([], {}, {"delivery_info": "x"}), tag="t27")),
    "retries that are a text": ("bad_message", envelope(tag="t28", header={"retries": "many"})),
    "stamps that are a text": ("bad_message", envelope(tag="t29", header={"stamped_headers": 7, "stamps": "x"})),
    "a header that Celery keeps itself": ("bad_message", envelope(tag="t30", header={"update": 1})),
    "a parent that is a list": ("bad_message", envelope(tag="t31", header={"parent_id": ["a"], "root_id": {}})),
    "an address that is an object": ("bad_message", envelope(tag="t32", property={"reply_to": {"a": 1}})),
    "a time limit of a moment": ("bad_message", envelope(tag="t33", header={"timelimit": [0.01, 0.01]})),
}  # fmt: skip


def bytes_of(poison: object) -> bytes:
    return poison if isinstance(poison, bytes) else json.dumps(poison).encode()


def push(made: Deployment, queue: str, poison: object) -> bytes:
    item = bytes_of(poison)
    made.redis.lpush(f"{made.prefix}{queue}", item)
    return item


@pytest.mark.parametrize("name", POISON)
def test_poison_is_kept_with_its_bytes_while_good_events_go_on(
    shared: tuple[Deployment, Process], name: str
) -> None:
    made, worker = shared
    code, poison = POISON[name]
    account = name.replace(" ", "-")
    before = made.one("SELECT coalesce(max(id), 0) FROM quarantine")
    made.send("tasks.events.receive", opened(account))
    item = push(made, "events", poison)
    made.send("tasks.events.receive", top_up(account, 1))

    kept = "SELECT count(*) FROM quarantine WHERE id > :before"
    wait_for(lambda: made.one(kept, before=before) == 1, worker)
    wait_for(lambda: made.cash_minor(account) == 10_00, worker)
    row = made.rows(
        "SELECT queue, code, size, raw, state, reason <> '' FROM quarantine WHERE id > :before", before=before
    )[0]
    assert row[:3] == ("events", code, row[2])
    assert row[4:] == ("kept", True)
    # Bytes that were no envelope are kept as they were; an envelope as what it says.
    if code in {"not_json", "bad_envelope", "bad_body", "compressed"} and bytes(row[3]) == item:
        assert row[2] == len(item)
    else:
        assert json.loads(bytes(row[3])) == json.loads(item)
    # Nothing of it is left with the broker.
    wait_for(lambda: not made.in_hand(), worker)


def test_poison_on_every_queue_and_every_pool_ends_no_worker(made: Deployment) -> None:
    workers = [
        made.worker("events", "events", "upkeep"),
        made.worker("month-close", "month-close", pool="prefork", size=2),
        made.worker("collection", "collection", size=2),
    ]
    made.beat("beat")
    kinds = [
        "not JSON",
        "array",
        "no properties",
        "pickle",
        "unknown task",
        "too many arguments",
        "time limits that are none",
        "a shadow that is an object",
        "callbacks that are a text",
        "an embedded delivery",
    ]
    for number, queue in enumerate(ALL):
        for kind in kinds:
            _, poison = POISON[kind]
            if isinstance(poison, dict) and "properties" in poison:
                poison = json.loads(json.dumps(poison))
                poison["properties"]["delivery_tag"] = f"{queue}-{kind}-{number}"
            push(made, queue, poison)
    made.send("tasks.events.receive", opened("beside"))
    counts = "SELECT queue, count(*) FROM quarantine GROUP BY queue"
    wait_for(lambda: dict(made.rows(counts)) == dict.fromkeys(ALL, len(kinds)), *workers)
    wait_for(lambda: made.cash_minor("beside") == 0, *workers)
    wait_for(lambda: not made.in_hand(), *workers)


def test_a_huge_message_is_kept_by_its_beginning(made: Deployment) -> None:
    made.extra["SETTLE_LIMITS__MESSAGE_BYTES"] = "2000000"
    worker = made.worker("events", "events")
    push(made, "events", b'{"body": "' + b"x" * 3_000_000)
    # Small when it is sent, and huge when somebody unpacks it.
    bomb = base64.b64encode(zlib.compress(b"0" * 50_000_000)).decode()
    push(made, "events", envelope(tag="bomb", header={"compression": "application/x-gzip"}) | {"body": bomb})
    made.send("tasks.events.receive", opened("after-huge"))
    wait_for(lambda: made.cash_minor("after-huge") == 0, worker)
    wait_for(lambda: made.one("SELECT count(*) FROM quarantine") == 2, worker)
    assert made.rows("SELECT code, size, length(raw) FROM quarantine ORDER BY size DESC")[0] == (
        "too_large", 3_000_010, 1024 * 1024,
    )  # fmt: skip


def test_a_broadcast_that_cannot_be_read_ends_no_worker(made: Deployment) -> None:
    worker = made.worker("events", "events")
    channel = f"{made.prefix}/0.celery.pidbox"
    found: Any = made.redis.pubsub_channels(f"{made.prefix}*")
    for item in (b"no JSON", b"[1]", b"null", b"{}", NESTED.encode(), json.dumps(envelope(tag="b")).encode()):
        for name in {channel.encode(), *found}:
            made.redis.publish(name, item)
    made.send("tasks.events.receive", opened("after-broadcasts"))
    wait_for(lambda: made.cash_minor("after-broadcasts") == 0, worker)


def test_poison_waits_with_the_broker_while_the_quarantine_is_away_and_is_kept_once(made: Deployment) -> None:
    made.extra.update(SETTLE_LIMITS__LOCK_TIMEOUT_S="0.2")
    worker = made.worker("events", "events")
    with made.store.transaction() as tx:
        tx.exec_driver_sql("LOCK TABLE quarantine IN ACCESS EXCLUSIVE MODE")
        push(made, "events", b"patience")
        wait_for(lambda: worker.said("a message cannot be set aside yet"), worker)
        # It is in no worker's memory alone.
        assert made.in_hand() == [b"patience"]
        worker.kill()
        lapse(made.redis, made.prefix)
    heir = made.worker("heir", "events")
    wait_for(lambda: made.rows("SELECT raw, size FROM quarantine") == [(b"patience", 8)], heir)
    wait_for(lambda: not made.in_hand(), heir)


def test_a_message_that_is_sent_to_the_wrong_address_comes_back_when_its_worker_dies(
    made: Deployment,
) -> None:
    """Clients of other languages name an exchange of their own, by which the broker's client finds the queue again."""
    made.extra["SETTLE_LIMITS__LOCK_TIMEOUT_S"] = "0.2"
    worker = made.worker("events", "events")
    with made.store.transaction() as tx:
        tx.exec_driver_sql("LOCK TABLE inbox IN SHARE ROW EXCLUSIVE MODE")
        message = envelope(([opened("astray")], {}, {}), header={"task": "tasks.events.receive"})
        message["properties"]["delivery_info"] = {"exchange": "celery", "routing_key": "celery"}
        push(made, "events", message)
        wait_for(lambda: worker.said("a dependency is away"), worker)
        assert worker.terminate() == 0
    heir = made.worker("heir", "events")
    wait_for(lambda: made.cash_minor("astray") == 0, heir)

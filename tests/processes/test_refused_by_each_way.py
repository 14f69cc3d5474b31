"""A refused event reaches its sender, whichever way it came in. Rule: R13.1a."""

from __future__ import annotations

import json
from typing import Any

import httpx

from settlement.operations.inbox.senders import create_key, register_sender
from settlement.operations.webhooks import endpoints
from tests.support.running.endpoint import receiving
from tests.support.running.processes import Deployment, wait_for
from worker.broker import stream_name

WAYS = ("sql", "stream", "own-stream", "celery", "http")


def _event(way: str) -> dict[str, Any]:
    """Money for an account that nobody has opened."""
    data = {"amount": "1.00", "currency": "USD"}
    return {
        "source": "metering",
        "event_id": f"no-{way}",
        "type": "top_up",
        "account": f"nobody-{way}",
        "data": data,
    }


def test_a_refused_event_reaches_its_sender_whichever_way_it_came(made: Deployment) -> None:
    made.extra["SETTLE_WEBHOOKS__PRIVATE_ADDRESSES"] = "true"
    register_sender(made.store, "metering")
    headers = {"Authorization": f"Bearer {create_key(made.store, 'metering', ('send', 'read')).text}"}
    with receiving() as receiver, made.serving() as url:
        endpoints.add_endpoint(
            made.store, "metering", receiver.url, source="metering", topics=["event.refused"], private=True
        )
        worker = made.worker("events", "events", "upkeep")
        made.beat("beat")
        made.insert(_event("sql"))
        made.add(_event("stream"))
        made.redis.xadd(stream_name(made.prefix, "metering"), {"event": json.dumps(_event("own-stream"))})
        made.send("tasks.events.receive", _event("celery"))
        answer = httpx.post(
            f"{url}/v1/events", json=_event("http"), headers={**headers, "Prefer": "wait=30"}, timeout=60
        )
        # By HTTP it is the answer.
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_account")
        # By each of them: a webhook, the feed, the stream of announcements, and what became of the event.
        wanted = {(f"no-{way}", "unknown_account") for way in WAYS}
        wait_for(lambda: {one[1:] for one in receiver.said("event_id", "code")} >= wanted, worker)
        assert all(f"nobody-{way}" in str(receiver.said("reason")) for way in WAYS)
        page = httpx.get(f"{url}/v1/announcements?topic=event.refused", headers=headers, timeout=60).json()
        assert {(one["data"]["event_id"], one["data"]["code"]) for one in page["announcements"]} == wanted
        for way in WAYS:
            kept = httpx.get(f"{url}/v1/events/metering/no-{way}", headers=headers, timeout=60).json()
            assert (kept["state"], kept["code"]) == ("refused", "unknown_account")
    entries: Any = made.redis.xrange(f"{made.prefix}stream:outbound")
    refused = [json.loads(entry[b"payload"]) for _, entry in entries if entry[b"topic"] == b"event.refused"]
    assert {(one["event_id"], one["code"]) for one in refused} == wanted
    # By SQL, in the view, to the role that inserted it.
    found = made.rows("SELECT event_id, state, code FROM event_outcome WHERE source = 'metering'")
    assert ("no-sql", "refused", "unknown_account") in found

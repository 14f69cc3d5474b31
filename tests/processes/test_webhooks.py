"""Real workers deliver announcements, and what a worker had in hand that was killed comes again."""

from __future__ import annotations

import threading

from sqlalchemy import text
from starlette.responses import Response

from settlement.operations.webhooks import endpoints
from tests.support.running.endpoint import Received, receiving
from tests.support.running.processes import Deployment, wait_for


def test_a_worker_that_is_killed_with_messages_in_hand_loses_none(made: Deployment) -> None:
    made.extra["SETTLE_WEBHOOKS__PRIVATE_ADDRESSES"] = "true"
    killed = threading.Event()
    accounts = [f"nobody-{number}" for number in range(20)]
    with receiving() as receiver:

        def respond(_: Received) -> Response:
            # Nothing is responded before the worker is dead.
            return Response(status_code=200 if killed.wait(60) else 500)

        receiver.respond = respond
        endpoints.add_endpoint(
            made.store, "crm", receiver.url, source="gw", topics=["event.refused"], private=True
        )
        made.insert(
            *(
                {"source": "gw", "event_id": name, "type": "top_up", "account": name,
                 "data": {"amount": "1.00", "currency": "USD"}}
                for name in accounts
            )
        )  # fmt: skip
        victim = made.worker("victim", "events", "upkeep")
        made.beat("beat")
        wait_for(lambda: bool(receiver.messages), victim)
        victim.kill()
        killed.set()
        assert made.one("SELECT count(*) FROM webhook_delivery WHERE delivered_at IS NOT NULL") == 0
        with made.store.transaction() as tx:
            # The lease of what it had in hand is over.
            tx.execute(text("UPDATE webhook_lane SET due_at = clock_timestamp()"))
        heir = made.worker("heir", "events", "upkeep")
        delivered = "SELECT count(*) FROM webhook_delivery WHERE delivered_at IS NOT NULL"
        wait_for(lambda: made.one(delivered) == len(accounts), heir)
    assert {message.json["data"]["account"] for message in receiver.messages} == set(accounts)
    by_id = {message.json["id"]: message.body for message in receiver.messages}
    assert len(by_id) == len(accounts)
    # What came twice was the same.
    assert all(by_id[message.json["id"]] == message.body for message in receiver.messages)

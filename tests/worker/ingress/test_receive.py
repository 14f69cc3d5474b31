"""Into the inbox, on a real database: nothing that came is thrown away."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from settlement.model.arrival import Received
from settlement.operations.inbox import receive as receiving
from settlement.storage.store import Store
from tests.support.processes import opened
from worker.ingress import receive
from worker.runtime import Runtime


def test_one_event_that_cannot_be_stored_is_kept_as_text_and_the_others_as_they_are(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_on_poison(store: Store, messages: Sequence[object], *, ingress: str) -> Received:
        if any(isinstance(message, dict) and message.get("account") == "poison" for message in messages):
            raise ValueError("cannot be stored")
        return receiving.receive_events(store, messages, ingress=ingress)

    monkeypatch.setattr(receive, "receive_events", fails_on_poison)
    received = receive.record([opened("a"), opened("poison"), opened("b")], door="test")

    assert received == Received(accepted=2, refused=1, repeated=0)
    with rt.store.transaction() as tx:
        kept = tx.execute(text("SELECT account, state, data ->> 'raw' FROM inbox ORDER BY id")).all()
    assert [tuple(row[:2]) for row in kept] == [("a", "waiting"), ("", "refused"), ("b", "waiting")]
    assert "open-poison" in kept[1][2]

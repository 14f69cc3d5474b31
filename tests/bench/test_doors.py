"""What is sent through the doors that are measured can be settled."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from bench.events.doors import top_ups
from bench.events.throughput import DEBTORS
from bench.place.place import Place


def test_no_top_up_is_for_a_parked_account(place: Place) -> None:
    with place.loaded("doors", 100, seed=1, mix=replace(DEBTORS, parked=0.5)) as database:
        url = place.server.worker_url(database)
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT external_id FROM account WHERE parked_at IS NULL").fetchall()
        events = top_ups(url, 1, 100, name="e")

    assert 0 < len(rows) < 100
    assert sorted(event["account"] for event in events) == sorted(row[0] for row in rows)

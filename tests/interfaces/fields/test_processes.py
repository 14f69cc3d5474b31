"""Processes as they are presented: in one notation of time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from interfaces.fields.field import cells, columns
from interfaces.fields.operations.processes import processes_of
from settlement.queries.operating.processes import ProcessView, cluster

AT = datetime(2026, 11, 30, 0, 39, tzinfo=UTC)


def shown(worked):
    row = ProcessView(
        id="1", host="one", pid=7, kind="worker", name="events", queues=["events"], version="0.1.0", settings="a",
        started_at=AT, seen_at=AT, silent_s=1.0, worked=worked,
    )  # fmt: skip
    fields = processes_of(cluster([row], silent_after_s=60))
    names = [column.name for column in columns(fields)]
    return dict(zip(names, cells(fields, row, ZoneInfo("Asia/Shanghai")), strict=True))


def test_what_a_process_did_last_is_named_with_its_local_instant():
    worked = {
        "tasks.events.drain": "2026-11-30T00:39:11.078945Z",
        "tasks.upkeep.sweep": "2026-11-30T00:38:00.000000Z",
    }
    found = shown(worked)
    assert found["last work"] == "events.drain"
    assert found["ended"] == "2026-11-30T08:39:11+08:00"
    assert shown({})["last work"] == "-"

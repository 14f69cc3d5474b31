"""The processes at work on all hosts, and how long things take."""

from __future__ import annotations

from typing import Literal

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, required, table
from settlement.storage.tables.kinds import enum

PROCESS_KIND = enum("process_kind", Literal["worker", "beat", "serve"])

PROCESS = table(
    "process",
    key("id", kinds.UUID),
    required("host", kinds.TEXT),
    required("pid", kinds.INTEGER),
    required("kind", PROCESS_KIND),
    required("name", kinds.TEXT),
    required("queues", kinds.TEXTS),
    required("version", kinds.TEXT),
    required("settings", kinds.TEXT),
    required("started_at", kinds.TIMESTAMPTZ),
    required("seen_at", kinds.TIMESTAMPTZ),
    required("worked", kinds.JSONB),
)

# How often something took how long: one number for each bound, and one for all that took longer.
DURATION = table(
    "duration",
    key("measure", kinds.TEXT),
    key("label", kinds.TEXT),
    required("counts", kinds.BIGINTS),
    required("seconds", kinds.DOUBLE_PRECISION),
)

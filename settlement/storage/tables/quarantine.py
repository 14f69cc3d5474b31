"""Messages that no task could take."""

from __future__ import annotations

from typing import Literal

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import numbered, optional, required, table
from settlement.storage.tables.kinds import enum

QUARANTINE_STATE = enum("quarantine_state", Literal["kept", "released", "dropped"])

QUARANTINE = table(
    "quarantine",
    numbered("id"),
    required("queue", kinds.TEXT),
    required("delivery_tag", kinds.TEXT),
    optional("task", kinds.TEXT),
    required("code", kinds.TEXT),
    required("reason", kinds.TEXT),
    required("raw", kinds.BYTEA),
    required("size", kinds.BIGINT),
    required("sha256", kinds.BYTEA),
    required("times", kinds.INTEGER),
    required("state", QUARANTINE_STATE),
    required("received_at", kinds.TIMESTAMPTZ),
    optional("finished_at", kinds.TIMESTAMPTZ),
)

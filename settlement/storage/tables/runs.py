"""Runs with their ranges, the instants of the calendar, audits on record, settings that move money, the test clock."""

from __future__ import annotations

from typing import Literal

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, numbered, optional, required, table
from settlement.storage.tables.kinds import enum

RUN_STATE = enum("run_state", Literal["running", "paused", "done"])
RANGE_STATE = enum("range_state", Literal["waiting", "done", "failed"])
SLOT_STATE = enum("slot_state", Literal["owed", "done", "skipped"])

RUN = table(
    "run",
    numbered("id"),
    required("kind", kinds.TEXT),
    required("cycle", kinds.CYCLE),
    required("logical_at", kinds.TIMESTAMPTZ),
    required("state", RUN_STATE),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("finished_at", kinds.TIMESTAMPTZ),
)

RUN_RANGE = table(
    "run_range",
    key("run_id", kinds.BIGINT, "run.id"),
    key("range_no", kinds.INTEGER),
    required("first_account_id", kinds.BIGINT),
    required("last_account_id", kinds.BIGINT),
    required("accounts", kinds.INTEGER),
    required("state", RANGE_STATE),
    required("attempts", kinds.SMALLINT),
    optional("reason", kinds.TEXT),
    optional("report", kinds.JSONB),
    optional("finished_at", kinds.TIMESTAMPTZ),
)

SCHEDULE_SLOT = table(
    "schedule_slot",
    key("job", kinds.TEXT),
    key("logical_at", kinds.TIMESTAMPTZ),
    required("state", SLOT_STATE),
    optional("reason", kinds.TEXT),
    optional("run_id", kinds.BIGINT, "run.id"),
    required("noticed_at", kinds.TIMESTAMPTZ),
    optional("finished_at", kinds.TIMESTAMPTZ),
    required("after_account", kinds.BIGINT),
)

AUDIT_RUN = table(
    "audit_run",
    key("day", kinds.DATE),
    required("began_at", kinds.TIMESTAMPTZ),
    optional("finished_at", kinds.TIMESTAMPTZ),
    optional("took_s", kinds.DOUBLE_PRECISION),
    optional("violations", kinds.BIGINT),
    optional("found", kinds.JSONB),
)

SETTINGS_VERSION = table(
    "settings_version",
    numbered("id"),
    required("holds_from", kinds.TIMESTAMPTZ),
    required("changes", kinds.JSON),
    required("set_at", kinds.TIMESTAMPTZ),
    required("set_by", kinds.TEXT),
    required("reason", kinds.TEXT),
)

TEST_CLOCK = table("test_clock", key("only_row", kinds.BOOLEAN), required("now_at", kinds.TIMESTAMPTZ))

"""Gateways: webhooks, the rate limit that all processes share, reconciliation."""

from __future__ import annotations

from typing import Literal

from settlement.model.gateway.reconciliation import DifferenceKind
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table
from settlement.storage.tables.kinds import enum

GATEWAY_EVENT_STATE = enum("gateway_event_state", Literal["waiting", "done", "ignored"])
DIFFERENCE_KIND = enum("difference_kind", DifferenceKind)

GATEWAY_EVENT = table(
    "gateway_event",
    key("gateway", kinds.TEXT),
    key("event_id", kinds.TEXT),
    required("type", kinds.TEXT),
    optional("reference", kinds.TEXT),
    optional("gateway_ref", kinds.TEXT),
    required("body", kinds.TEXT),
    required("received_at", kinds.TIMESTAMPTZ),
    required("state", GATEWAY_EVENT_STATE),
    required("tries", kinds.SMALLINT),
    required("next_at", kinds.TIMESTAMPTZ),
    optional("note", kinds.TEXT),
    optional("finished_at", kinds.TIMESTAMPTZ),
    optional("charge_ref", kinds.TEXT),
)

GATEWAY_PACE = table("gateway_pace", key("gateway", kinds.TEXT), required("next_at", kinds.TIMESTAMPTZ))

RECONCILIATION = table(
    "reconciliation",
    key("gateway", kinds.TEXT),
    key("day", kinds.DATE),
    required("since", kinds.TIMESTAMPTZ),
    required("until", kinds.TIMESTAMPTZ),
    required("ours", kinds.INTEGER),
    required("theirs", kinds.INTEGER),
    required("differences", kinds.INTEGER),
    required("finished_at", kinds.TIMESTAMPTZ),
    required("reversals", kinds.INTEGER),
)

RECONCILIATION_DIFFERENCE = table(
    "reconciliation_difference",
    key("gateway", kinds.TEXT),
    key("kind", DIFFERENCE_KIND),
    key("reference", kinds.TEXT),
    key("gateway_ref", kinds.TEXT),
    optional("account_id", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE),
    optional("ours_minor", kinds.BIGINT),
    optional("theirs_minor", kinds.BIGINT),
    required("found_at", kinds.TIMESTAMPTZ),
    optional("closed_at", kinds.TIMESTAMPTZ),
    optional("dismissed_by", kinds.TEXT),
    optional("dismissed_because", kinds.TEXT),
)

"""Endpoints of webhooks and deliveries as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import json_text, words

if TYPE_CHECKING:
    from settlement.queries.programs.announcements import AnnouncementView
    from settlement.queries.programs.webhooks import DeliveryView, EndpointView

ENDPOINTS: Fields[EndpointView] = (
    Field("endpoint", "endpoint", lambda row: row.id),
    Field("url", "url", lambda row: row.url),
    Field("topics", "topics", lambda row: row.topics, seen=lambda row: ", ".join(row.topics or ["all"])),
    Field("accounts", "accounts", lambda row: row.accounts, seen=lambda row: ", ".join(row.accounts or ["all"])),
    Field("source", "source", lambda row: row.source),
    Field("created_at", "", lambda row: row.created_at),
    Field("paused_because", "paused", lambda row: row.paused_because,
          seen=lambda row: row.paused_because and words(row.paused_because)),
    Field("paused_at", "", lambda row: row.paused_at),
    figure("fails", "fails", lambda row: row.fails),
    Field("rests_until", "", lambda row: row.rests_until),
    Field("last_success_at", "last success", lambda row: row.last_success_at),
    Field("previous_until", "", lambda row: row.previous_until),
    figure("waiting", "waiting", lambda row: row.waiting),
    Field("waiting_since", "since", lambda row: row.waiting_since),
)  # fmt: skip

DELIVERIES: Fields[DeliveryView] = (
    Field("announcement", "announcement", lambda row: row.announcement),
    Field("topic", "topic", lambda row: row.topic),
    Field("account", "account", lambda row: row.account),
    Field("created_at", "created", lambda row: row.created_at),
    figure("attempts", "attempts", lambda row: row.attempts),
    Field("status", "status", lambda row: row.status),
    Field("response", "response", lambda row: row.response, seen=lambda row: row.response and row.response[:60]),
    Field("tried_at", "tried", lambda row: row.tried_at),
    Field("delivered_at", "delivered", lambda row: row.delivered_at),
)  # fmt: skip

ANNOUNCEMENTS: Fields[AnnouncementView] = (
    Field("id", "id", lambda row: row.id),
    Field("type", "topic", lambda row: row.topic),
    Field("timestamp", "created", lambda row: row.created_at),
    Field("published_at", "", lambda row: row.published_at),
    Field("correlation_id", "", lambda row: row.correlation_id),
    Field("data", "facts", lambda row: row.data,
          seen=lambda row: ", ".join(f"{name} {value}" for name, value in row.data.items() if value is not None),
          parts=[Field("data", "", lambda row: json_text(row.data, on_one_line=True))]),
)  # fmt: skip

"""Users of the console as they are presented, and what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields
from interfaces.fields.values import json_text, words

if TYPE_CHECKING:
    from settlement.queries.people.users import ActView, UserView

USERS: Fields[UserView] = (
    Field("user", "user", lambda row: row.name),
    Field("role", "role", lambda row: row.role),
    Field("created_at", "since", lambda row: row.created_at),
    Field("has_password", "password", lambda row: row.keyed),
    Field("subject", "", lambda row: row.subject),
    Field("locked_until", "locked until", lambda row: row.locked_until),
    Field("disabled_at", "disabled", lambda row: row.disabled_at),
)
ACTS: Fields[ActView] = (
    Field("act", "", lambda row: row.id),
    Field("at", "at", lambda row: row.at),
    Field("actor", "who", lambda row: row.actor),
    Field("role", "role", lambda row: row.role),
    Field("action", "what", lambda row: row.action, seen=lambda row: words(row.action)),
    Field("approved_by", "approved by", lambda row: row.approved_by),
    Field("account", "account", lambda row: row.account),
    Field("reason", "why", lambda row: row.reason),
    Field("outcome", "outcome", lambda row: row.outcome),
    Field("event_id", "", lambda row: row.event_id),
    Field(
        "details", "with", lambda row: row.details, seen=lambda row: json_text(row.details, on_one_line=True)
    ),
)

"""Users of the console as they are presented, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields
from interfaces.fields.values import words

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
# What stands in the details beside what was filled in.
_KEPT = ("before", "changed")
# Of what may be many: no more are said in a sentence.
_MOST_NAMED = 20
# What people call what is called otherwise in events.
_CALLED = {"cycle": "month", "cycles": "months", "to": "as"}


def in_words(data: Mapping[str, object], event_id: str) -> dict[str, str]:
    """What was filled in, in words, by what people call it; the id of an event, which only a machine needs, is left
    out.
    """
    return {
        _CALLED.get(name) or words(name): _in_words(value)
        for name, value in data.items()
        if name not in _KEPT and value not in (None, "", []) and value != event_id
    }


def given(row: ActView) -> str:
    """What was filled in, in words, as a sentence."""
    return ", ".join(f"{name} {value}" for name, value in in_words(row.details, row.event_id or "").items())


def changes(row: ActView) -> str:
    """What the act changed, each as it was and as it is."""
    changed = row.details.get("changed")
    if changed is None:
        return "not known" if row.outcome == "done" and "before" in row.details else ""
    return "; ".join(
        f"{name}: from {before or 'none'} to {after or 'none'}" for name, (before, after) in changed.items()
    )


def _who(row: ActView) -> str:
    """Who did it, in which role, and who agreed."""
    return f"{row.actor}, {row.role}" + (f"; approved by {row.approved_by}" if row.approved_by else "")


def _in_words(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            first = [_in_words(one) for one in value[:_MOST_NAMED]]
            more = len(value) - len(first)
            apart = "; " if any(isinstance(one, dict) for one in value) else ", "
            return apart.join([*first, *([f"and {more:,} more"] if more else [])])
        case dict():
            return ", ".join(f"{words(str(name))} {_in_words(inner)}" for name, inner in value.items())
        case _:
            return str(value)


# Before and after stand before what is read where one wants to know more.
ACTS: Fields[ActView] = (
    Field("act", "", lambda row: row.id),
    Field("at", "at", lambda row: row.at),
    Field("actor", "who", lambda row: row.actor, seen=_who),
    Field("role", "", lambda row: row.role),
    Field("approved_by", "", lambda row: row.approved_by),
    Field("action", "what", lambda row: row.action, seen=lambda row: words(row.action)),
    Field("account", "account", lambda row: row.account),
    Field("changed", "before and after", lambda row: row.details.get("changed"), seen=changes),
    Field("reason", "why", lambda row: row.reason),
    Field("outcome", "outcome", lambda row: row.outcome),
    Field("event_id", "", lambda row: row.event_id),
    Field("details", "with", lambda row: row.details, seen=given),
)

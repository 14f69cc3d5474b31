"""Values as marks of a page: amounts, instants and states, each with what a machine reads beside what people do."""

from __future__ import annotations

from datetime import datetime, tzinfo

from markupsafe import Markup, escape

from interfaces.fields.values import Json, instant, text

# State by word and by a sign before it, never by colour alone.
_GOOD = frozenset(
    {"settled", "done", "succeeded", "paid", "active", "completed", "open", "yes", "won", "approved"}
)
_BAD = frozenset({"refused", "parked", "failed", "declined", "overdue", "quarantined", "lost", "unknown"})
_STATES = _GOOD | _BAD | {
    "accruing", "unsettled", "waiting", "pending", "processing", "running", "paused", "requested", "ended", "closed",
    "cancelled", "started", "partially_paid", "created", "deleted", "needs_review", "calling", "withdrawn", "expired",
}  # fmt: skip


def as_mark(value: Json, zone: tzinfo, *, bare: bool = False) -> Markup | str:
    """A value as part of a page."""
    seen = text(value, zone, bare=bare)
    if isinstance(value, datetime):
        return Markup('<time datetime="{}">{}</time>').format(instant(value), seen)
    if isinstance(value, str) and value in _STATES:
        return state_mark(value)
    return seen


def state_mark(state: str) -> Markup:
    """A state in words, with a sign."""
    word = state.replace("_", " ")
    kind = "good" if state in _GOOD else "bad" if state in _BAD else "open"
    return Markup('<span class="state {}">{}</span>').format(kind, escape(word))

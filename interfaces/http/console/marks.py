"""Values as marks of a page: amounts, instants and states, each with what a machine reads beside what people do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo

from markupsafe import Markup, escape

from interfaces.fields.values import Exact, Json, Money, instant, local, text, words
from interfaces.http.console.tokens import EVENT_ID

# State by word and by a sign before it, never by colour alone. Of every state that the domain has, each is in one of
# these, and so is what pages call by a word of their own.
GOOD = frozenset(
    {
        "settled", "done", "succeeded", "paid", "completed", "open", "won", "approved", "valid", "verified",
        "authorized", "released",
    }
)  # fmt: skip
BAD = frozenset(
    {"refused", "parked", "failed", "declined", "overdue", "lost", "unknown", "silent", "suspended"}
)
GOING = frozenset({"running", "accruing", "sent", "draft", "under_way", "requires_action", "under_review"})
STILL = frozenset(
    {
        "unsettled", "waiting", "pending", "paused", "ended", "closed", "cancelled", "deleted", "expired", "skipped",
        "unverified", "removed", "not_charged", "voided", "dropped", "kept", "needs_response", "owed",
        "write-off off", "to be paid", "withdrawn", "due", "used up", "not yet", "dismissed",
    }
)  # fmt: skip
_KINDS = (("good", GOOD), ("bad", BAD), ("going", GOING), ("open", STILL))


class State(str):
    """What is a state, or several: not what only reads like one, as a reason or a name may."""

    __slots__ = ()


_LATE = ", overdue"
# Of an instant for people, up to its seconds.
_SECONDS = len("2026-11-02T12:00:00")
# Thousands of an amount: the digits before its point, and not those of a date, a name or an id.
_THOUSANDS = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")
_AMOUNT = re.compile(r"(?<![\w.,:/-])(-?\d{4,})(?=(?:\.\d+)? [A-Z]{3}\b)")

# In a sentence, a payment by the name that a form of the console gave it: it looks like that, in capital and small
# letters. Where the payment itself is known, the source of its event says that.
_OF_FORM = rf"(?=[\w-]*[a-z])(?=[\w-]*[A-Z]){EVENT_ID}(?![\w-])"
_BY_HAND = re.compile(rf"\b(?:manual payment|payment|charge) {_OF_FORM}")


def as_mark(value: Json, zone: tzinfo, *, bare: bool = False) -> Markup | str:
    """A value as part of a page. Instants are local ones; the page says of which zone."""
    match value:
        case None | "":
            return "–"
        case datetime():
            # Without the offset, which stands for all of them in the page's zone, and whole where it is pointed at.
            whole = local(value, zone)
            seen = whole[:_SECONDS].replace("T", " ")
            return Markup('<time datetime="{}" title="{}">{}</time>').format(instant(value), whole, seen)
        case Money() | Exact():
            whole, point, places = text(value, zone, bare=bare).partition(".")
            # A currency without places stands behind the whole.
            digits, space, currency = whole.partition(" ")
            return _THOUSANDS.sub(",", digits) + space + currency + point + places
        case State():
            return Markup(" ").join(
                state_mark(word) if kind_of(word) else escape(word) for word in value.split(", ")
            )
        case str() if value.endswith(_LATE):
            return escape(value.removesuffix(_LATE)) + " " + state_mark("overdue")
        case Mapping():
            return ", ".join(f"{words(str(name))} {inner}" for name, inner in value.items())
        case _:
            return text(value, zone, bare=bare)


def grouped(sentence: str) -> str:
    """A sentence with the thousands of its amounts apart: `5495.71 USD` is `5,495.71 USD`; a payment by hand
    without the name that a form gave it.
    """
    return _BY_HAND.sub("payment by hand", _AMOUNT.sub(lambda found: _THOUSANDS.sub(",", found[1]), sentence))


def kind_of(state: str) -> str:
    """How a state is marked; empty where it is none that is known."""
    word = state.replace(" ", "_")
    return next((kind for kind, states in _KINDS if state in states or word in states), "")


def state_mark(state: str) -> Markup:
    """A state in words, with a sign."""
    word = state.replace("_", " ")
    return Markup('<span class="state {}">{}</span>').format(kind_of(state) or "open", escape(word))

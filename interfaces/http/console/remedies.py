"""What would change a reason, as the forms of the console that do it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from interfaces.http.console.actions import ACCOUNT_ACTIONS, Action
from interfaces.http.console.marks import grouped
from settlement.model.reasons import Reason, RemedyEvent

# Events are for programs: here the form stands beside the sentence.
_EVENT = re.compile(r" \(event [^)]*\)")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)[+-]\d\d:\d\d")


class Remedy(NamedTuple):
    """What would change a reason, in words, and each form that does so: its title, and its path under the account's."""

    words: str
    forms: list[tuple[str, str]]


def without_events(sentence: str) -> str:
    """A sentence for people who have forms instead, with the thousands of its amounts apart and its instants as pages
    show them, in the page's zone.
    """
    return _INSTANT.sub(r"\1 \2", grouped(_EVENT.sub("", sentence)))


def remedy_of(reason: Reason) -> Remedy:
    """What would change it."""
    return Remedy(without_events(reason.remedy), [form for event in reason.events for form in _forms(event)])


def _forms(event: RemedyEvent) -> Iterator[tuple[str, str]]:
    values = dict(_values(event.data))
    for action in (action for group in ACCOUNT_ACTIONS.values() for action in group):
        if action.event == event.type and not action.set and _takes(action, values):
            yield action.title, f"{action.id}?{urlencode(values)}"


def _takes(action: Action, values: Mapping[str, str]) -> bool:
    return not action.fields or set(values) <= {*action.fields, "currency"}


def _values(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The data of an event as a form is filled with them."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", str(text)) for inner, text in value.items())
        else:
            yield name, ("yes" if value else "no") if isinstance(value, bool) else str(value)

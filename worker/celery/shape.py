"""What a message for a task may look like: every part that Celery reads, by kind. Rule: R11.6.

Celery looks at most of these parts late: when the task has begun, or when it has ended, in a process of the pool or in
the worker's main loop, and one of a wrong kind ends either. Whatever is not named here is the sender's own and goes
through, unless it has the name of something that Celery keeps at the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from celery.app.task import Context

# Ids and names of tasks; nobody has longer ones.
MOST_CHARACTERS = 1000


class Fault(NamedTuple):
    """What is wrong with a message: a code and a sentence."""

    code: str
    reason: str


def _text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MOST_CHARACTERS


def _long_text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _empty(value: object) -> bool:
    return value in ([], {}, "", 0, False)


def _no_limits(value: object) -> bool:
    # A time limit of a sender would end a process of the pool.
    return value in ([], [None, None])


def _custom(value: object) -> bool:
    return isinstance(value, dict) and all(_long_text(part) or part is None for part in value.values())


# Absent and null are good everywhere. What follows a task, or counts its parts, is not for senders: a follow-up is
# a row here, and none of theirs is a task of ours.
_KINDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    **dict.fromkeys(
        (
            "id", "task", "lang", "root_id", "parent_id", "group", "taskset", "shadow", "origin", "meth",
            "expires", "correlation_id", "reply_to", "settle_correlation_id",
        ),
        (_text, "a text"),
    ),
    **dict.fromkeys(("argsrepr", "kwargsrepr"), (_long_text, "a text")),
    **dict.fromkeys(("ignore_result", "redelivered", "utc", "celery_beat_task"), (_flag, "true or false")),
    **dict.fromkeys(
        ("retries", "priority", "delivery_mode", "replaced_task_nesting", "group_index"), (_count, "a number")
    ),
    **dict.fromkeys(
        ("callbacks", "errbacks", "chain", "chord", "stamps", "stamped_headers"), (_empty, "empty")
    ),
    "timelimit": (_no_limits, "without limits"),
    "headers": (_custom, "texts by name"),
}  # fmt: skip
# Looked at by the consumer itself; in Celery's first protocol arguments stand beside the rest.
_CHECKED_ELSEWHERE = frozenset(("args", "kwargs", "eta"))
_KEPT_BY_CELERY = frozenset(dir(Context)) | {
    "hostname",
    "delivery_info",
    "properties",
    "time_limit",
    "soft_time_limit",
}
_EMBEDDED = frozenset(("callbacks", "errbacks", "chain", "chord"))


def fault_of_headers(headers: Mapping[Any, Any]) -> Fault | None:
    """The headers of a message, or, in the first protocol, what stands beside its arguments."""
    for name, value in headers.items():
        if not isinstance(name, str):
            return Fault("bad_message", "a header whose name is no text")
        kind = _KINDS.get(name)
        if kind is not None:
            check, expected = kind
            if value is not None and not check(value):
                return Fault("bad_message", f"{name} has to be {expected}")
        elif name in _KEPT_BY_CELERY and name not in _CHECKED_ELSEWHERE:
            return Fault("bad_message", f"{name[:100]} is no header of a sender's")
    return None


def fault_of_properties(properties: Mapping[str, Any]) -> Fault | None:
    """What stands beside the headers."""
    for name in ("correlation_id", "reply_to", "priority", "delivery_mode"):
        check, expected = _KINDS[name]
        value = properties.get(name)
        if value is not None and not check(value):
            return Fault("bad_message", f"{name} has to be {expected}")
    info = properties.get("delivery_info")
    priority = info.get("priority") if isinstance(info, dict) else None
    if priority is not None and not _count(priority):
        return Fault("bad_message", "priority has to be a number")
    return None


def fault_of_embedded(embed: Mapping[str, Any] | None) -> Fault | None:
    """What is embedded in the body beside the arguments: tasks that are to follow."""
    for name, value in (embed or {}).items():
        if name not in _EMBEDDED:
            return Fault("bad_message", f"{name[:100]} cannot be embedded")
        if value is not None and not _empty(value):
            return Fault("bad_message", f"{name} has to be empty")
    return None

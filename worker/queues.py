"""The queues, and which task goes where. One queue per kind of waiting, so that none stands behind another."""

from __future__ import annotations

# Arriving events: short, many, and somebody is waiting for the effect.
EVENTS = "events"
# Bills of a whole month: long and all computing.
MONTH_CLOSE = "month-close"
# Waiting for gateways outside.
COLLECTION = "collection"
# Questions and deliveries: ticks, the relay. Never behind the work that they start.
UPKEEP = "upkeep"

ALL = (EVENTS, MONTH_CLOSE, COLLECTION, UPKEEP)

# How many processes a tick wakes for a month close, at least as many as serve its queue on all hosts together.
# One too many finds no range to take and returns; one too few stands idle.
MONTH_CLOSE_NUDGES = 16

# The second word of a task's name is its subject, and the subject decides the queue.
BY_SUBJECT = {"events": EVENTS, "month_close": MONTH_CLOSE, "collection": COLLECTION, "upkeep": UPKEEP}
ROUTES = {f"tasks.{subject}.*": {"queue": queue} for subject, queue in BY_SUBJECT.items()}


def queue_of(task_name: str) -> str:
    """The queue of a task.

    Raises:
        ValueError: the name is not `tasks.<subject>.<verb>` with a known subject.
    """
    room, _, rest = task_name.partition(".")
    subject, _, verb = rest.partition(".")
    if room != "tasks" or not verb or subject not in BY_SUBJECT:
        raise ValueError(
            f"task name {task_name!r} must be tasks.<subject>.<verb>, subject one of {', '.join(BY_SUBJECT)}"
        )
    return BY_SUBJECT[subject]

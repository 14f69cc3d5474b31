"""The doors that are measured: how each is called, sent through, and how fast it is to be."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Door(NamedTuple):
    """A way to send events. `wanted`: so many events a second, as a multiple of the tasks that do nothing."""

    name: str
    by: Literal["stream", "celery", "http"]
    # Events in one entry, message or request.
    events: int
    words: str
    wanted: float
    # Slow doors are measured with fewer events.
    share: float = 1.0
    # Is one event followed from being sent to its effect?
    followed: bool = False


DOORS = (
    Door("stream", "stream", 1, "one event per stream entry", 12, followed=True),
    Door("celery_100", "celery", 100, "100 events per Celery message", 12),
    Door("celery_1", "celery", 1, "one event per Celery message", 1.5, share=0.25, followed=True),
    Door("http_100", "http", 100, "100 events per HTTP request", 10),
    Door("http_1", "http", 1, "one event per HTTP request", 1.5, share=0.5, followed=True),
)

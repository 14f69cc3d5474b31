"""A Celery app that needs no server, so that the supervision of processes can be tested by itself."""

from __future__ import annotations

from celery import Celery

app = Celery("tiny", broker="memory://")

"""Messages of a task that takes a list, taken off their queue together, become one run of it.

A run costs Celery about a millisecond, whatever it does. Messages that come one by one cost that each; of those that
wait together the lists are joined, and the one run acknowledges, or gives back, all of them in one round trip. It goes
by the id of the first.
"""

from __future__ import annotations

from collections import UserList
from collections.abc import Callable
from typing import Any

import structlog
from celery.worker import state
from vine import promise  # type: ignore[import-untyped]  # Celery ships no types

log = structlog.stdlib.get_logger(__name__)

# Headers of a message that is to be run at another time or in another way than as soon as it is there.
_SPECIAL = ("eta", "expires", "retries", "group", "shadow")


class _Arguments(UserList[Any]):
    """A list of many as the only argument.

    Celery writes the arguments of each message of its first protocol out, for a log line that nobody may want: for a
    thousand events that took a quarter of a worker's time. Of these it writes how many they are.
    """

    def __repr__(self) -> str:
        return f"[{len(self[0])} joined]"


class Joining:
    """Collects messages while the consumer is handed some, and hands them over at the next turn of its loop."""

    def __init__(self, consumer: Any, handle: Callable[[Any], None], tasks: frozenset[str]) -> None:
        self._consumer = consumer
        self._handle = handle
        self._tasks = tasks
        self._messages: dict[str, list[Any]] = {}

    def takes(self, message: Any) -> bool:
        """Is it a plain message of such a task, over a broker whose client acknowledges many at once."""
        headers = message.headers
        return (
            headers.get("task") in self._tasks
            and not any(map(headers.get, _SPECIAL))
            and not any(headers.get("timelimit") or ())
            and headers["id"] not in state.revoked
            and hasattr(getattr(message.channel, "qos", None), "ack_all")
        )

    def put(self, message: Any) -> None:
        """Takes a message in. Its arguments are known to be good."""
        if not self._messages:
            self._consumer.call_soon(self._hand_over)
        self._messages.setdefault(message.headers["task"], []).append(message)

    def _hand_over(self) -> None:
        waiting, self._messages = self._messages, {}
        for task, messages in waiting.items():
            if len(messages) == 1:
                self._handle(messages[0])
            else:
                self._run(task, messages)

    def _run(self, task: str, messages: list[Any]) -> None:
        """As Celery would run a message of its first protocol, whose arguments are read already."""
        first = messages[0]
        items = [item for message in messages for item in _list_of(message)]
        body = {"task": task, "id": first.headers["id"], "args": _Arguments([items]), "kwargs": {}}
        qos, tags = first.channel.qos, [message.delivery_tag for message in messages]
        qos.count_as_one(tags)
        consumer = self._consumer

        def ack(_logger: Any, errors: Any) -> None:
            _settle(lambda: qos.ack_all(tags), errors)

        def reject(_logger: Any, errors: Any, requeue: bool = False) -> None:
            _settle(lambda: qos.reject_all(tags, requeue=requeue), errors)

        soon = consumer.call_soon_ack
        run = consumer.strategies[task]
        run(first, body, promise(soon, (ack,)), promise(soon, (reject,)), consumer.on_task_message)


def _settle(settle: Callable[[], None], errors: Any) -> None:
    try:
        settle()
    except errors as error:
        log.warning("joined messages come again", error=f"{type(error).__name__}: {error}"[:200])


def _list_of(message: Any) -> list[object]:
    args, kwargs, _ = message.payload
    (given,) = args or kwargs.values()
    return given if isinstance(given, list) else [given]

"""Messages that are taken together become one run of their task."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from celery.utils.saferepr import saferepr
from celery.worker import state

from worker.celery.joined_messages import Joining

TASK = "tasks.events.receive"


class _QoS:
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def count_as_one(self, tags: list[str]) -> None:
        self.calls.append(("one", *tags))

    def ack_all(self, tags: list[str]) -> None:
        self.calls.append(("ack", *tags))

    def reject_all(self, tags: list[str], *, requeue: bool) -> None:
        self.calls.append(("reject", *tags, requeue))


class _Consumer:
    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.runs: list[Any] = []
        self.strategies = {TASK: self._run}
        self.on_task_message: set[object] = set()

    def call_soon(self, call: Callable[[], None]) -> None:
        self.soon.append(call)

    def call_soon_ack(self, call: Callable[..., None], *arguments: Any) -> None:
        call(*arguments)

    def _run(self, message: Any, body: Any, ack: Any, reject: Any, _callbacks: Any) -> None:
        self.runs.append((message.delivery_tag, body["id"], body["args"], ack, reject))


class _Bench:
    """A consumer, what it was handed one by one, and messages for it."""

    def __init__(self) -> None:
        self.qos, self.consumer, self.alone = _QoS(), _Consumer(), list[Any]()
        self.joining = Joining(self.consumer, self.alone.append, frozenset({TASK}))

    def message(self, tag: str, *args: object, payload: object = None, **headers: object) -> Any:
        known = {
            "task": TASK,
            "id": f"id-{tag}",
            "eta": None,
            "expires": None,
            "retries": 0,
            "timelimit": [None, None],
        }
        body = payload or [list(args), {}, {}]
        channel = SimpleNamespace(qos=self.qos)
        return SimpleNamespace(headers=known | headers, delivery_tag=tag, payload=body, channel=channel)

    def put(self, *messages: Any) -> None:
        for message in messages:
            assert self.joining.takes(message)
            self.joining.put(message)
        for call in self.consumer.soon:
            call()
        self.consumer.soon.clear()


def test_what_is_there_together_is_one_run_which_settles_every_message() -> None:
    bench = _Bench()
    bench.put(
        bench.message("1", {"n": 1}),
        bench.message("2", [{"n": 2}, {"n": 3}]),
        bench.message("3", payload=[[], {"events": {"n": 4}}, {}]),
        bench.message("4", []),
    )
    ((first, task_id, args, ack, reject),) = bench.consumer.runs
    assert (first, task_id, args) == ("1", "id-1", [[{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]])
    ack(None, (OSError,))
    reject(None, (OSError,), True)
    tags = ("1", "2", "3", "4")
    assert bench.qos.calls == [("one", *tags), ("ack", *tags), ("reject", *tags, True)]


def test_one_that_is_there_alone_is_an_ordinary_message() -> None:
    bench = _Bench()
    for tag in ("1", "2"):
        bench.put(bench.message(tag, {"n": tag}))
    assert [message.delivery_tag for message in bench.alone] == ["1", "2"]
    assert bench.consumer.runs == []


@pytest.mark.parametrize(
    "headers",
    [{"eta": "2026-10-01T00:00:00"}, {"expires": "2026-10-01T00:00:00"}, {"retries": 2}, {"shadow": "name"},
     {"task": "tasks.events.drain"}, {"task": None}, {"timelimit": [None, 5]}, {"id": "revoked"}],
)  # fmt: skip
def test_one_with_a_wish_of_its_own_is_left_to_celery(headers: dict[str, object]) -> None:
    bench = _Bench()
    state.revoked.add("revoked")
    try:
        assert not bench.joining.takes(bench.message("1", {"n": 1}, **headers))
    finally:
        state.revoked.discard("revoked")


def test_a_broker_that_is_away_at_the_end_ends_nothing() -> None:
    bench = _Bench()
    bench.put(bench.message("1", 1), bench.message("2", 2))
    (*_, ack, _) = bench.consumer.runs[0]

    def refuse(_tags: list[str]) -> None:
        raise OSError

    bench.qos.ack_all = refuse  # type: ignore[method-assign,assignment]
    ack(None, (OSError,))


def test_what_a_run_is_given_is_counted_and_not_written_out() -> None:
    bench = _Bench()
    bench.put(*(bench.message(str(number), [{"n": number}] * 100) for number in range(10)))
    [(_, _, arguments, _, _)] = bench.consumer.runs
    assert saferepr(arguments) == "[1000 joined]"
    assert [len(items) for items in arguments] == [1000]

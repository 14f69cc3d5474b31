"""What the decorator takes, what it refuses, and what becomes of errors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

import pytest
from celery.exceptions import Reject

from settlement.errors import Refused, Unavailable
from worker import task as declaration
from worker.task import guarded, task


@pytest.fixture(autouse=True, scope="module")
def declared_here_alone() -> Iterator[None]:
    """What is declared here is none of the tasks that other tests of this process find."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(declaration, "declared", dict(declaration.declared))
        yield


def test_a_coroutine_is_refused_because_celery_would_not_run_it() -> None:
    with pytest.raises(TypeError, match="async"):

        @task(name="tasks.upkeep.refused", queue="upkeep")
        async def never() -> None: ...

    with pytest.raises(TypeError, match="async"):

        @task(name="tasks.upkeep.refused", queue="upkeep")
        async def neither() -> Any:
            yield 1


def _bytes(value: bytes) -> None: ...
def _tuple(value: tuple[int, ...]) -> None: ...
def _set_in_list(value: list[set[int]]) -> None: ...
def _int_keys(value: dict[int, str]) -> None: ...
def _float(value: float) -> None: ...
def _class(value: Refused | None) -> None: ...
def _bare(value) -> None: ...
def _star(*values: int) -> None: ...
def _double_star(**values: int) -> None: ...


@pytest.mark.parametrize(
    "function", [_bytes, _tuple, _set_in_list, _int_keys, _float, _class, _bare, _star, _double_star]
)
def test_a_parameter_that_json_does_not_carry_is_refused_by_name(function: Any) -> None:
    with pytest.raises(TypeError, match=r"parameter values?|\*values"):
        task(name="tasks.upkeep.refused", queue="upkeep")(function)


def test_what_json_carries_is_taken_and_the_function_stays_what_it_was() -> None:
    @task(name="tasks.upkeep.taken", queue="upkeep")
    def taken(
        run_id: int, name: str | None, mode: Literal["a", "b"], many: list[dict[str, Any]], flag: bool = False
    ) -> int:
        return run_id

    assert taken(7, None, "a", []) == 7


# Once in a process: Celery tells every app that a task is declared, and of a name that is declared twice.
@cache
def _declare_named() -> None:
    @task(name="tasks.upkeep.named", queue="upkeep")
    def named(run_id: int, name: str | None = None) -> None: ...


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2, 3], {}), "do not fit those of the task: run_id, name"),
        (([], {}), "do not fit those of the task: run_id, name"),
        (([1], {"nmae": "x"}), "do not fit those of the task: run_id, name"),
        ((["1"], {}), "run_id: must be a whole number"),
        (([1], {"name": 2}), "name: must be text"),
        (([1], {}), None),
    ],
)
def test_arguments_out_of_a_message_are_refused_in_our_own_words(arguments: Any, message: str | None) -> None:
    _declare_named()
    assert declaration.argument_error("tasks.upkeep.named", *arguments) == message


@pytest.mark.parametrize(
    ("name", "queue"),
    [
        ("tasks.upkeep.x", "events"),
        ("tasks.upkeep", "upkeep"),
        ("tasks.other.x", "upkeep"),
        ("other.upkeep.x", "upkeep"),
        ("tasks.upkeep.", "upkeep"),
    ],
)
def test_a_name_that_does_not_lead_to_the_queue_is_refused(name: str, queue: str) -> None:
    with pytest.raises(ValueError, match=r"tasks\.|routed"):
        task(name=name, queue=queue)(lambda: None)


def test_a_dependency_that_is_away_ends_the_task_quietly() -> None:
    def away() -> None:
        raise Unavailable("PostgreSQL: gone")

    guarded(away, "swallow")()


def test_a_message_that_is_the_only_trace_goes_back_to_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaration, "REQUEUE_AFTER_S", 0)

    def away() -> None:
        raise Unavailable("PostgreSQL: gone")

    with pytest.raises(Reject) as requeued:
        guarded(away, "requeue")()
    assert requeued.value.requeue


def test_any_other_error_is_raised() -> None:
    def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(wrong, "requeue")()

"""The one way to declare a task: typed, checked when it is declared, with errors mapped to what a message can do."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, ParamSpec, TypeVar

import structlog
from celery.exceptions import Reject
from pydantic import TypeAdapter, ValidationError

from settlement.errors import Unavailable
from settlement.faults import words
from worker import shutdown
from worker.app import app
from worker.queues import queue_of

log = structlog.stdlib.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
WhenUnavailable = Literal["swallow", "requeue"]

# Every task declared in this process, by name, with its queue.
declared: dict[str, str] = {}
# Those whose messages may be joined: a list in the place of several.
joinable: set[str] = set()
# Its parameters, by name too.
_parameters_of: dict[str, _Parameters] = {}


class _Parameters:
    """The parameters of a task's function, by which arguments out of a message are checked before it runs."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._signature = inspect.signature(function)
        annotations = typing.get_type_hints(function)
        self._types = {name: TypeAdapter(annotations[name]) for name in self._signature.parameters}

    def argument_error(self, args: list[Any], kwargs: dict[str, Any]) -> str | None:
        try:
            bound = self._signature.bind(*args, **kwargs).arguments
        except TypeError:
            return f"do not fit those of the task: {', '.join(self._types) or 'it has none'}"
        for name, value in bound.items():
            try:
                self._types[name].validate_python(value, strict=True)
            except ValidationError as error:
                return f"{name}: {words(error.errors(include_input=False, include_url=False)[0])}"
        return None


# What JSON can carry. A name is enough: whoever needs more sends an id and reads the row.
_JSON_SCALARS = (str, int, bool, type(None))
# A message that brings the work itself goes back to its queue this long after PostgreSQL was found to be away.
REQUEUE_AFTER_S = 2.0


def task(
    *, name: str, queue: str, when_unavailable: WhenUnavailable = "swallow", takes_a_list: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Registers a function as a Celery task and returns a function of the same type, to call in tests.

    One that `takes_a_list`, or one thing in the place of a list of one, as its only argument may be given what
    several messages brought.

    Errors inside the task:
        `Unavailable` is logged and swallowed, for the row waits and the sweeper is the retry. A task whose message is
        the only trace of the work says `requeue`: its message goes back to the queue after a pause.
        Anything else is logged with its traceback and raised, which acknowledges the message.

    Raises:
        TypeError: the function is a coroutine, which Celery would call a success without running it, or a parameter
            has no annotation or one that JSON cannot carry.
        ValueError: the name does not say what it should, or belongs to another queue.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        _check(function, name, queue)
        declared[name] = queue
        _parameters_of[name] = _Parameters(function)
        if takes_a_list:
            joinable.add(name)
        app.task(name=name, queue=queue, ignore_result=True)(guarded(function, when_unavailable))
        return function

    return declare


def argument_error(name: str, args: list[Any], kwargs: dict[str, Any]) -> str | None:
    """Why a declared task cannot be called with these arguments, None when it can or is none of ours. Shows none."""
    parameters = _parameters_of.get(name)
    return None if parameters is None else parameters.argument_error(args, kwargs)


def guarded(function: Callable[P, object], when_unavailable: WhenUnavailable) -> Callable[P, None]:
    """The function as Celery runs it, with its errors mapped as `task` says."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Unavailable as error:
            log.warning("a dependency is away", error=str(error), then=when_unavailable)
            if when_unavailable == "requeue":
                shutdown.pause(REQUEUE_AFTER_S)
                raise Reject(str(error), requeue=True) from error
        except Exception:
            log.exception("task failed")
            raise

    return run


def _check(function: Callable[..., object], name: str, queue: str) -> None:
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"task {name} is async: Celery would report success without running it")
    if queue != queue_of(name):
        raise ValueError(f"task {name} says queue {queue!r}, its name is routed to {queue_of(name)!r}")
    annotations = typing.get_type_hints(function)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TypeError(f"task {name}: *{parameter.name} hides what a message carries")
        if parameter.name not in annotations:
            raise TypeError(f"task {name}: parameter {parameter.name} has no annotation")
        if not _is_json(annotations[parameter.name]):
            raise TypeError(
                f"task {name}: parameter {parameter.name} is {annotations[parameter.name]}, which JSON cannot carry"
            )


def _is_json(annotation: Any) -> bool:
    """Is every value of this type one that comes out of JSON as it went in. Floats do, but have no place near money."""
    if annotation in (Any, object) or annotation in _JSON_SCALARS:
        # `Any` inside a list or dict: whatever JSON holds, looked at by the operation itself.
        return True
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return all(map(_is_json, arguments))
    if origin is list:
        return all(map(_is_json, arguments))
    if origin is dict:
        return arguments[0] is str and _is_json(arguments[1])
    return origin is Literal and all(isinstance(value, _JSON_SCALARS) for value in arguments)

"""What a command works with: the runtime of this process, closed when the command ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.runtime import Runtime


@dataclass(slots=True)
class Invocation:
    """What holds for one call of `settle`: options that stand before the command."""

    debug: bool = False


@contextmanager
def opened() -> Iterator[Runtime]:
    """The runtime for the length of a command.

    Raises:
        SettingsError: the environment does not make sense.
        LocalServerError: no database is named, and no embedded one was started.
    """
    from config.settings import load_settings
    from worker.runtime import build_runtime

    runtime = build_runtime(load_settings())
    try:
        yield runtime
    finally:
        runtime.close()

"""Where a command writes its result: standard output, or a file that is there only once it is complete."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Write = Callable[[bytes], object]


@contextmanager
def sink(output: Path | None) -> Iterator[Write]:
    """A function that takes the result in pieces."""
    if output is None:
        sys.stdout.flush()
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f"{output.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            yield file.write
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)

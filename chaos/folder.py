"""The folder of a run: its servers' data, logs, journals."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar


class Judged(Protocol):
    """What a run came to."""

    @property
    def is_good(self) -> bool:
        """Is everything as it should be."""


Ended = TypeVar("Ended", bound=Judged)


def in_folder(prefix: str, run: Callable[[Path], Ended], *, keep: bool = False) -> Ended:
    """Runs in a new folder, which is deleted after a run that was good, unless it is to be kept.

    After one that found something wanting, or failed, it stays and is named.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        ended = run(folder)
    except BaseException:
        sys.stderr.write(f"what there is to look at is in {folder}\n")
        raise
    if keep or not ended.is_good:
        sys.stderr.write(f"logs and journals are in {folder}\n")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return ended

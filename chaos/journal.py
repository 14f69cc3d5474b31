"""What was accepted by which door, line by line, on disk before anybody counts on it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


class Journal:
    """A file that is only added to. One writer a file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def accepted(self, door: str, events: Sequence[dict[str, Any]]) -> None:
        """These events were taken by this door."""
        self._write({"accepted": door, "events": events})

    def destroyed(self, door: str, event_ids: Sequence[str]) -> None:
        """Copies that lay in the broker when its memory was taken away on purpose."""
        self._write({"destroyed": door, "event_ids": event_ids})

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def lines(folder: Path) -> Iterator[dict[str, Any]]:
    """Every line of every journal of a run."""
    for path in sorted(folder.glob("journal-*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                yield json.loads(line)

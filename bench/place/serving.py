"""`settle serve` on a database of a benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench.place.place import Place


@contextmanager
def serving(place: Place, database: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Its address, on a free port, for as long as the block lasts. `environment`: else that of the database.

    Raises:
        RuntimeError: it did not listen.
    """
    environment = place.environment(database) if environment is None else environment
    place.logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", "from interfaces.cli.main import main; main()", "serve", "--port", "0"]
    with (
        (place.logs / f"serve-{database}.log").open("wb") as log,
        subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=log, text=True
        ) as server,
    ):
        try:
            line = server.stdout.readline() if server.stdout is not None else ""
            if not line.startswith("settle serve listens on "):
                raise RuntimeError(f"the server does not listen, see {log.name}")
            yield line.split()[-1]
        finally:
            server.terminate()

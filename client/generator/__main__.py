"""`python -m client.generator` writes the generated modules of the client, as they lie in the working folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from client.generator.methods import resources
from client.generator.models import Models
from client.generator.names import NAMES
from interfaces.http.api.openapi import document
from interfaces.http.api.routes import OPERATIONS, PREFIX

PACKAGE = Path("client/src/settle_client")


def written(names: Mapping[str, str] = NAMES) -> dict[str, str]:
    """The text of each generated module, by its name.

    Raises:
        ValueError: an operation has no name in the client, a name belongs to no operation, or a schema is of a kind
            that is not known here.
    """
    page = document(OPERATIONS, prefix=PREFIX)
    models = Models(page["components"]["schemas"])
    waiting = resources(page, models, names, is_async=False)
    texts = {
        "resources.py": waiting,
        "async_resources.py": resources(page, models, names, is_async=True),
        "models.py": models.text(),
    }
    return {name: _formatted(text, name) for name, text in texts.items()}


def _formatted(text: str, name: str) -> str:
    """As `make check` wants it."""
    ruff = [sys.executable, "-m", "ruff"]
    path = str(PACKAGE / name)
    return subprocess.run(
        [*ruff, "format", "--stdin-filename", path, "-"], input=text, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip


def main() -> None:
    """Writes them."""
    for name, text in written().items():
        (PACKAGE / name).write_text(text, "utf-8")
        sys.stdout.write(f"{PACKAGE / name} is written.\n")


if __name__ == "__main__":
    main()

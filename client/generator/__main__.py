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
    """The text of each generated module, by its path in the package.

    Raises:
        ValueError: an operation has no name in the client, a name belongs to no operation, or a schema is of a kind
            that is not known here.
    """
    page = document(OPERATIONS, prefix=PREFIX)
    models = Models(page["components"]["schemas"])
    texts = {
        f"{folder}/{module}.py": text
        for folder, is_async in (("resources", False), ("async_resources", True))
        for module, text in resources(page, models, names, is_async=is_async).items()
    }
    texts["models.py"] = models.text()
    return {name: _formatted(text, name) for name, text in texts.items()}


def _formatted(text: str, name: str) -> str:
    """As `make check` wants it, without the imports that it does not use."""
    for command in (["check", "--quiet", "--fix", "--select", "F401,I001"], ["format"]):
        text = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(PACKAGE / name), "-"],
            input=text, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    return text


def main() -> None:
    """Writes them."""
    for name, text in written().items():
        (PACKAGE / name).parent.mkdir(exist_ok=True)
        (PACKAGE / name).write_text(text, "utf-8")
        sys.stdout.write(f"{PACKAGE / name} is written.\n")


if __name__ == "__main__":
    main()

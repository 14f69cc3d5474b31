"""`python -m client.generator` writes the generated modules of the client, as they lie in the working folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from client.generator.bodies import bodies
from client.generator.models import Models
from client.generator.modules import requests, resources
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
    texts |= {f"operations/{module}.py": text for module, text in requests(page, models, names).items()}
    texts |= {f"models/{module}.py": text for module, text in bodies(models).items()}
    return _formatted(texts)


def _formatted(texts: Mapping[str, str]) -> dict[str, str]:
    """As `make check` wants them, without the imports that they do not use."""
    with TemporaryDirectory() as folder:
        paths = {name: Path(folder, name) for name in texts}
        for name, path in paths.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(texts[name], "utf-8")
        for command in (["check", "--fix", "--select", "F401,I001"], ["format"]):
            subprocess.run(
                [sys.executable, "-m", "ruff", *command, "--quiet", "--no-cache", "--config", "pyproject.toml", folder],
                check=True,
            )  # fmt: skip
        return {name: path.read_text("utf-8") for name, path in paths.items()}


def main() -> None:
    """Writes them."""
    for name, text in written().items():
        (PACKAGE / name).parent.mkdir(exist_ok=True)
        (PACKAGE / name).write_text(text, "utf-8")
        sys.stdout.write(f"{PACKAGE / name} is written.\n")


if __name__ == "__main__":
    main()

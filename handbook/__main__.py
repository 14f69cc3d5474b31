"""`python -m handbook` writes docs/reference, as it lies in the working folder."""

from __future__ import annotations

import sys
from pathlib import Path

from handbook.reference.pages import written

FOLDER = Path("docs/reference")


def main() -> None:
    """Writes every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in written().items():
        (FOLDER / name).write_text(text, "utf-8")
        sys.stdout.write(f"{FOLDER / name} is written.\n")


if __name__ == "__main__":
    main()

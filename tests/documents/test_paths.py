"""A page that names a file of the project names one that is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    "settlement",
    "worker",
    "interfaces",
    "sandbox",
    "tasks",
    "config",
    "tests",
    "bench",
    "chaos",
    "docs",
)
# Under its room, or, where a page names tests by their place under tests/, there.
NAMED = re.compile(rf"\b(?:{'|'.join(ROOMS)}|[a-z]+)/[\w/]+\.(?:py|sql|md|txt|example)\b")
EXAMPLES = {"settlement/x/y.py", "tests/x/test_y.py", "x/test_y.py", "x/y.py"}
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


def missing(text: str) -> set[str]:
    """Paths of files in a page that are nowhere."""
    return {
        path
        for path in NAMED.findall(text)
        if (path.split("/")[0] in ROOMS or path.split("/")[-1].startswith("test_"))
        and path not in EXAMPLES
        and not any((place / path).exists() for place in (ROOT, ROOT / "tests", ROOT / "docs"))
    }


def test_every_file_that_a_page_names_is_there():
    found = {str(page.relative_to(ROOT)): missing(page.read_text("utf-8")) for page in PAGES}
    assert {page: paths for page, paths in found.items() if paths} == {}


def test_one_that_is_gone_would_be_found():
    assert missing("see `settlement/storage/views.py` and `docs/rooms.md`") == {"settlement/storage/views.py"}

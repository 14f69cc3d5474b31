"""Pictures that README and docs show are there and small, and each page of the console is taken. Rule: R14.2."""

from __future__ import annotations

import re
from pathlib import Path

from bench.report.pictures import DRAWN
from interfaces.http.console.pages.lists import LIST_PAGES
from interfaces.http.console.routes import PAGES
from tests.pictures.shots import CHOSEN, MORE_PAGES, SCENES, VIEWS
from tests.support.console.pages import KINDS, NOT_PAGES, PAGES_SEEN

ROOT = Path(__file__).parents[2]
OF_DOCS = ROOT / "docs" / "pictures"
SHOWING = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
MOST_BYTES = 80_000


def named() -> set[str]:
    """What pages show, by its path from the root."""
    return {
        str((page.parent / path).resolve().relative_to(ROOT))
        for page in SHOWING
        for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text("utf-8"))
    }


def test_pictures_are_those_that_pages_show_and_small():
    # Diagrams are drawn from the pages' text, and are the site's.
    files = [path for path in OF_DOCS.iterdir() if path.is_file()]
    there = {str(path.relative_to(ROOT)): path.stat().st_size for path in files}
    assert named() == set(there)
    assert {path for path, size in there.items() if size > MOST_BYTES} == set()
    taken = {f"docs/pictures/{name}.webp" for name in CHOSEN}
    assert taken | {f"docs/pictures/{name}.svg" for name in DRAWN} == set(there)


def test_each_page_of_the_console_is_taken():
    taken = [path.partition("?")[0] for path in (*PAGES_SEEN, *MORE_PAGES)]
    offered = {*PAGES, *(page.listing.path for page in LIST_PAGES)} - (set(NOT_PAGES) - {"/link/{token}"})
    missing = {
        page
        for page in offered
        if not any(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", page), path) for path in taken)
    }
    assert missing == set()


def test_what_is_chosen_is_taken():
    views = {view.name: view for view in VIEWS}
    for what, view, _ in CHOSEN.values():
        assert what in {*PAGES_SEEN, *MORE_PAGES, *SCENES}
        assert views[view].all_pages or what not in SCENES
    assert set(KINDS) <= set(PAGES_SEEN)

"""`make screenshots`: takes pictures of every page of the console, over a story of half a year.

No test of the full run, since it proves nothing: somebody has to look at them. All go to the folder `screenshots`,
which is not kept; those that README and docs show, to docs/pictures.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from settlement.operations import users
from settlement.storage.store import Store
from tests.pictures.shots import CHOSEN, MORE_PAGES, SCENES, VIEWS, View, file_name
from tests.pictures.story import play
from tests.support.browser.opened import sign_in
from tests.support.console.pages import KINDS, PAGES_SEEN, at
from tests.support.running.office import Office, office
from tests.support.running.receiver import Receiver
from tests.support.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
ALL, OF_DOCS = ROOT / "screenshots", ROOT / "docs" / "pictures"
QUALITY = 70
# The collection pool stays away: it would ask the gateway about the charge in doubt.
POOLS = ("events", "month-close", "upkeep")


@pytest.fixture(scope="module")
def story(
    postgres, valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, dict[str, str]]]:
    """The console over the story, and what stands for names in addresses."""
    folder = tmp_path_factory.mktemp("story")
    with postgres.database() as name, Receiver() as receiver:
        store = Store(postgres.worker_url(name), pool_size=5)
        try:
            world = World(store)
            names = play(world, hook=receiver.url)
            with office(postgres.worker_url(name), valkey, folder, world, *POOLS) as shown:
                yield shown, names
        finally:
            store.close()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_pictures_are_taken(browser: Browser, story: tuple[Office, dict[str, str]], view: View) -> None:
    shown, names = story
    folder = ALL / view.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options: dict[str, Any] = {"viewport": view.viewport, "color_scheme": view.scheme, "locale": "en-US"}
    page = browser.new_context(**options).new_page()
    sign_in(page, shown.url, "admin")
    of_docs = {what: name for name, (what, of_view, _) in CHOSEN.items() if of_view == view.name}
    pages = (*PAGES_SEEN, *MORE_PAGES) if view.all_pages else (*KINDS, *of_docs)
    for what in (*dict.fromkeys(pages), *(SCENES if view.all_pages else ())):
        if what in SCENES:
            SCENES[what](page, shown.url)
        elif what == "/login":
            _signed_out(browser, options, f"{shown.url}/login", folder / "login.png")
            continue
        else:
            given = {**names, "{token}": users.login_link(shown.world.store, "viewer")}
            page.goto(shown.url.removesuffix("/console") + at(what, given))
        page.screenshot(path=folder / f"{file_name(what)}.png", full_page=True)
        if what in of_docs:
            _for_docs(page, of_docs[what], view)
    page.context.close()


def _signed_out(browser: Browser, options: dict[str, Any], url: str, path: Path) -> None:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    page.screenshot(path=path, full_page=True)
    page.context.close()


def _for_docs(page: Page, name: str, view: View) -> None:
    """The top of the page, small enough for a repository."""
    OF_DOCS.mkdir(parents=True, exist_ok=True)
    clip = {"x": 0, "y": 0, "width": view.viewport["width"], "height": CHOSEN[name][2], "scale": 1}
    session = page.context.new_cdp_session(page)
    made = session.send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True},
    )
    (OF_DOCS / f"{name}.webp").write_bytes(base64.b64decode(made["data"]))

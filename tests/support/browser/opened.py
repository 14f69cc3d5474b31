"""The browser, opened, and somebody who signs in with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.browser.install import Browser as Found
from tests.support.console.month import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


@contextmanager
def opened(found: Found) -> Iterator[Browser]:
    """The browser for as long as the block lasts. While it is open an event loop runs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        it = playwright.chromium.launch(
            executable_path=found.executable, args=_ARGUMENTS, env={**os.environ, **found.environment}
        )
        yield it
        it.close()


def sign_in(page: Page, url: str, name: str) -> None:
    """By name and password, to the overview. `url`: where the console is."""
    page.goto(f"{url}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console")


@contextmanager
def visitors(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Makes pages of people who signed in: by the console's address and a name. That these asked nobody else, and no
    script failed, is checked at the end.
    """
    strangers: list[str] = []
    faults: list[str] = []
    contexts: list[Any] = []

    def visit(url: str, name: str, *, viewport: dict[str, int] = WIDE, **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, locale="en-US", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda request: strangers.append(request.url) if "127.0.0.1" not in request.url else None,
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        sign_in(page, url, name)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert strangers == []
    assert faults == []

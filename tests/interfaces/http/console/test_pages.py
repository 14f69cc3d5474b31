"""Every page: readable by everybody, at every width, in light and dark, with nothing from elsewhere. Rule: R14.4."""

from __future__ import annotations

import pytest

from interfaces.http.console.pages.lists import LIST_PAGES
from interfaces.http.console.routes import PAGES
from tests.support.browser.opened import NARROW, WIDE
from tests.support.console.pages import KINDS, NOT_PAGES, PAGES_SEEN, at

# An account that is not parked is not released.
STATUS = {"/accounts/nobody": 404, "/accounts/solo/release": 422}


@pytest.fixture
def office(things, make_office):
    """The office over one of each thing that has a page."""
    return make_office()


def test_every_page_is_in_this_list(things):
    """By its address without what stands for names."""
    names = {**things, "{token}": "x", "{action}": "top-up"}
    patterns = {
        at(path, names).partition("?")[0].replace("acme-east", "solo").replace("acme-hq", "solo")
        for path in PAGES_SEEN
    }
    offered = {*PAGES, *(page.listing.path for page in LIST_PAGES)} - set(NOT_PAGES)
    missing = {
        path
        for path in offered
        if at(path, names).replace("acme-east", "solo").replace("acme-hq", "solo") not in patterns
    }
    assert missing == set()


@pytest.mark.parametrize(
    ("viewport", "scheme", "paths"), [(WIDE, "light", PAGES_SEEN), (NARROW, "dark", KINDS)]
)
def test_pages_are_accessible(page_as, office, things, viewport, scheme, paths):
    from axe_playwright_python.sync_playwright import Axe

    page = page_as("admin", viewport=viewport, color_scheme=scheme)
    found = {}
    for path in paths:
        response = page.goto(office.url.removesuffix("/console") + at(path, things))
        assert response is not None
        assert response.status == STATUS.get(path, 200), path
        # WCAG 2.2 AA.
        tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        if violations := Axe().run(page, options=tags).response["violations"]:
            found[path] = [(one["id"], one["nodes"][0]["html"]) for one in violations]
    assert found == {}


def test_pages_fit_on_a_narrow_screen(page_as, office, things):
    page = page_as("admin", viewport=NARROW)
    wide = []
    for path in PAGES_SEEN:
        page.goto(office.url.removesuffix("/console") + at(path, things))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    assert wide == []


def test_what_is_not_accessible_would_be_found(page_as):
    from axe_playwright_python.sync_playwright import Axe

    page = page_as("viewer")
    page.evaluate(
        "document.querySelector('main').innerHTML = '<img src=\"/console/assets/x/icon.svg\"><input>'"
    )
    found = {one["id"] for one in Axe().run(page).response["violations"]}
    assert {"image-alt", "label"} <= found


def test_keys_lead_to_pages_and_to_the_search(page_as):
    page = page_as("finance")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/console/bills")
    page.keyboard.press("/")
    page.keyboard.type("solo:2026-10")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/bills/solo/2026-10")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()

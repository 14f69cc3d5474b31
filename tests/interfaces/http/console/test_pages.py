"""Every page: readable by everybody, at every width, in light and dark, with nothing from elsewhere. Rule: R14.4."""

from __future__ import annotations

import pytest

from tests.interfaces.http.console.conftest import NARROW, WIDE

PAGES = (
    "", "/bills", "/bills?state=unsettled&cycle=2026-10", "/bills/solo/2026-10", "/bills/acme-east/2026-10",
    "/bills/acme-east/2026-10/pay", "/overdue", "/accounts", "/accounts/solo", "/accounts/acme-hq",
    "/accounts/creditor", "/accounts/acme-hq/do/top-up", "/accounts/solo/do/card", "/accounts/solo/do/switches",
    "/accounts/creditor/do/term", "/accounts/solo/statements/2026-10", "/relationships", "/unified-settlements",
    "/unified-settlements/new", "/unified-settlements/new?main=acme-hq", "/repayments", "/payments", "/charges",
    "/refunds", "/disputes", "/differences", "/work", "/runs", "/runs/1", "/events", "/operations/1",
    "/parked-accounts", "/quarantine", "/audit", "/acts", "/users", "/accounts/nobody", "/login",
)  # fmt: skip


# One of each kind, since all pages of a kind have the same parts.
KINDS = (
    "", "/bills", "/bills/solo/2026-10", "/bills/acme-east/2026-10/pay", "/accounts/solo", "/accounts/solo/do/card",
    "/unified-settlements/new?main=acme-hq", "/runs/1", "/operations/1", "/accounts/nobody",
)  # fmt: skip


@pytest.mark.parametrize(("viewport", "scheme", "paths"), [(WIDE, "light", PAGES), (NARROW, "dark", KINDS)])
def test_pages_are_accessible(page_as, office, viewport, scheme, paths):
    from axe_playwright_python.sync_playwright import Axe

    page = page_as("admin", viewport=viewport, color_scheme=scheme)
    found = {}
    for path in paths:
        response = page.goto(office.url + path)
        assert response is not None
        assert response.status == (404 if "nobody" in path else 200), path
        # WCAG 2.2 AA.
        tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        if violations := Axe().run(page, options=tags).response["violations"]:
            found[path] = [(one["id"], one["nodes"][0]["html"]) for one in violations]
    assert found == {}


def test_pages_fit_on_a_narrow_screen(page_as, office):
    page = page_as("admin", viewport=NARROW)
    wide = []
    for path in PAGES:
        page.goto(office.url + path)
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

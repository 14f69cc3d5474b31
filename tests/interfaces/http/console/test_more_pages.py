"""Pages that come of what people do: to be confirmed, secrets, stale forms, errors. Readable, and by keyboard alone.

Rule: R14.4.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from settlement.errors import Unavailable
from settlement.operations import users
from settlement.queries import overview as sums
from tests.support.browser.opened import NARROW, WIDE
from tests.support.console.month import PASSWORD

# WCAG 2.2 AA.
TAGS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def office(things, world, make_office):
    """The office over one of each thing; two members have some money, and pay nothing by themselves."""
    for member in ("acme-east", "acme-west"):
        world.send("account_changed", member, auto_write_off=False)
        world.top_up(member, "60.00")
    return make_office()


def preview(page):
    page.get_by_label("Reason").fill("agreed")
    page.get_by_role("button", name="Preview").click()
    page.locator("form.acts").wait_for()


def confirmation(page, url, world):
    page.goto(f"{url}/accounts/solo/do/top-up?amount=5.00")
    preview(page)
    return 200


def payment(page, url, world):
    page.goto(f"{url}/bills/acme-west/2026-10/pay")
    page.get_by_label("Amount").fill("5.00")
    page.get_by_label("The rest from").select_option("balance")
    preview(page)
    return 200


def stale(page, url, world):
    """What was confirmed is more than is outstanding by now."""
    page.goto(f"{url}/bills/acme-west/2026-10/pay")
    page.get_by_label("Amount").fill("20.00")
    page.get_by_label("The rest from").select_option("balance")
    preview(page)
    world.send("account_changed", "acme-west", frozen_amount="55.00", currency="USD")
    return sent(page, re.compile("^Pay "))


def stale_figures(page, url, world):
    """What would follow is no longer what was shown."""
    page.goto(f"{url}/accounts/acme-west/do/switches?auto_write_off=yes")
    preview(page)
    world.top_up("acme-west", "5.00")
    return sent(page, re.compile("^Set switches"))


def sent(page, name):
    with page.expect_navigation() as gone:
        page.get_by_role("button", name=name).click()
    assert gone.value.status == 409
    return 409


def secret(page, url, world):
    page.goto(f"{url}/new-key")
    page.get_by_label("Sender").fill("crm")
    page.get_by_label("Reason").fill("reads bills")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_label("The secret").wait_for()
    return 200


def refused(page, url, world):
    page.goto(f"{url}/accounts/acme-hq/do/pull-back")
    page.get_by_label("Amount").fill("5.00")
    page.get_by_label("From account").fill("acme-east")
    page.get_by_label("Reason").fill("agreed")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("alert").wait_for()
    return 422


SCENES = (confirmation, payment, stale, stale_figures, secret, refused)
ERRORS = {"/accounts/nobody": 404, "/bills?nonsense=1": 400, "/accounts/solo/release": 422}


def check(page, name, found):
    from axe_playwright_python.sync_playwright import Axe

    if violations := Axe().run(page, options=TAGS).response["violations"]:
        found[name] = [(one["id"], one["nodes"][0]["html"]) for one in violations]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found[name, "width"] = "wider than the screen"


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_pages_of_acts_and_errors_are_accessible(page_as, office, world, monkeypatch, viewport, scheme):
    page = page_as("admin", viewport=viewport, color_scheme=scheme)
    found: dict[object, object] = {}
    for scene in SCENES:
        scene(page, office.url, world)
        check(page, scene.__name__, found)
    for path, status in ERRORS.items():
        assert page.goto(office.url + path).status == status
        check(page, path, found)

    def away(*_: object) -> None:
        raise Unavailable("away")

    def planted(*_: object) -> None:
        raise KeyError("planted")

    with monkeypatch.context() as broken:
        broken.setattr(sums, "bill_sums", away)
        assert page.goto(office.url).status == 503
        check(page, "503", found)
    with monkeypatch.context() as broken:
        broken.setattr(users, "session_of", away)
        assert page.goto(office.url).status == 503
        check(page, "away", found)
    with monkeypatch.context() as broken:
        broken.setattr(sums, "bill_sums", planted)
        assert page.goto(office.url).status == 500
        check(page, "500", found)
    outsider = page_as("viewer", viewport=viewport, color_scheme=scheme)
    assert outsider.goto(f"{office.url}/users").status == 403
    check(outsider, "403", found)
    assert found == {}


def tab_to(page, role, name):
    """Goes on by the key Tab until the focus is on what is called so, as whoever has no mouse does."""
    wanted = page.get_by_role(role, name=name).first
    wanted.wait_for()
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"Tab does not reach {name}")


def test_a_bill_is_paid_by_the_keyboard_alone(browser, office, world):
    context = browser.new_context(viewport=WIDE, locale="en-US")
    page = context.new_page()
    keys = page.keyboard
    page.goto(f"{office.url}/login")
    expect(page.get_by_label("Name")).to_be_focused()
    keys.type("finance")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url("**/console")
    tab_to(page, "link", "Skip to the content")
    tab_to(page, "link", "Bills")
    keys.press("Enter")
    page.wait_for_url("**/bills")
    tab_to(page, "link", "acme-west:2026-10")
    keys.press("Enter")
    tab_to(page, "link", "Pay bill")
    keys.press("Enter")
    page.wait_for_url("**/pay")
    tab_to(page, "textbox", "Amount")
    keys.press("Control+a")
    keys.type("5.00")
    tab_to(page, "combobox", "The rest from")
    keys.type("bal")
    tab_to(page, "textbox", re.compile("^Reason"))
    keys.type("agreed")
    tab_to(page, "button", "Preview")
    keys.press("Space")
    tab_to(page, "button", "Pay 5.00 USD")
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/bills/acme-west/2026-10$"))
    expect(page.get_by_text("5.00 USD").first).to_be_visible()
    assert world.bills("acme-west")[202610][2] == 500
    context.close()

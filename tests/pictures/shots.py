"""Which pictures are taken: every page by its address, what forms lead to by clicks, and those that the docs show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tests.support.browser.opened import NARROW, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Page

Scene = Callable[["Page", str], None]


class View(NamedTuple):
    """How wide, and in which colours; `all_pages`: or one of each kind."""

    name: str
    viewport: dict[str, int]
    scheme: str
    all_pages: bool


VIEWS = (
    View("1280-light", WIDE, "light", all_pages=True),
    View("390-light", NARROW, "light", all_pages=True),
    View("1280-dark", WIDE, "dark", all_pages=False),
    View("390-dark", NARROW, "dark", all_pages=False),
)
# Of the docs, by name: the page or scene, the view, and how many pixels of it from the top.
CHOSEN: dict[str, tuple[str, str, int]] = {
    "overview": ("", "1280-light", 1000),
    "bill": ("/bills/harbour-labs/2026-10", "1280-light", 1000),
    "pay": ("pay-preview", "1280-light", 420),
    "settlement": ("/unified-settlements/{main}/{settlement}", "1280-light", 620),
    "run": ("/runs/{run:int}", "1280-dark", 800),
    "narrow": ("/bills/harbour-labs/2026-10", "390-dark", 844),
}
# Beside those that tests look at, pages of the story that have more to show.
MORE_PAGES = (
    "/bills/harbour-labs/2026-10", "/bills/kestrel-games/2026-09", "/bills/orchard-foods/2026-10",
    "/bills/harbour-labs/2026-10/pay", "/accounts/orchard-foods", "/accounts/pinnacle-health",
    "/accounts/sakura-works/statements/2026-10", "/accounts/solo/do/coupon", "/accounts/solo/do/transfer",
    "/repayments?account=orchard-foods", "?cycle=2026-08", "/bills?cycle=2030-01", "/runs/{run:int}", "/link/{token}",
)  # fmt: skip


def file_name(page: str) -> str:
    """The name of a page's picture, without its kind."""
    return re.sub(r"[^a-z0-9]+", "-", page.lower()).strip("-") or "overview"


def _previewed(page: Page) -> None:
    page.get_by_role("button", name="Preview").click()
    page.locator("form.acts").wait_for()


def _pay_preview(page: Page, url: str) -> None:
    page.goto(f"{url}/bills/harbour-labs/2026-10/pay")
    page.get_by_label("Amount").fill("2400.00")
    page.get_by_label("From the balance").fill("1400.00")
    page.get_by_label("The rest from").select_option("visa")
    page.get_by_label("Reason").fill("agreed by telephone")
    _previewed(page)


def _pay_refused(page: Page, url: str) -> None:
    page.goto(f"{url}/bills/harbour-labs/2026-10/pay")
    page.get_by_label("Amount").fill("99999.00")
    page.get_by_label("Reason").fill("agreed by telephone")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("alert").wait_for()


def _top_up_preview(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/harbour-labs/do/top-up?amount=900.00")
    page.get_by_label("Reason").fill("bank transfer of 14 November")
    _previewed(page)


def _topped_up(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/lumen-retail/do/top-up?amount=250.00")
    page.get_by_label("Reason").fill("bank transfer of 14 November")
    _previewed(page)
    page.get_by_role("button", name=re.compile("^Top up")).click()
    page.get_by_role("status").filter(has_text="done").wait_for()


def _key_secret(page: Page, url: str) -> None:
    page.goto(f"{url}/new-key")
    page.get_by_label("Sender").fill("crm")
    page.get_by_label("Reason").fill("reads bills")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_label("The secret").wait_for()


def _settlement_form(page: Page, url: str) -> None:
    page.goto(f"{url}/unified-settlements/new?main=acme-hq")
    page.get_by_role("button", name="Make the list").wait_for()


def _settlement_run(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/acme-hq/do/run-settlement?settlement=october")
    page.get_by_label("Reason").fill("agreed with acme")
    _previewed(page)


def _keys_help(page: Page, url: str) -> None:
    page.goto(url)
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


SCENES: dict[str, Scene] = {
    "pay-preview": _pay_preview,
    "pay-refused": _pay_refused,
    "top-up-preview": _top_up_preview,
    "top-up-done": _topped_up,
    "settlement-form": _settlement_form,
    "settlement-run-preview": _settlement_run,
    "key-secret": _key_secret,
    "keyboard-help": _keys_help,
}

"""What people come to the console for, by clicks, with worker pools, beat and a server as processes behind. R14.2."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from settlement.operations import users
from settlement.storage.store import Store
from tests.support.browser.opened import visitors
from tests.support.console.month import PASSWORD, SilentGateway, a_month
from tests.support.running.office import Office, office
from tests.support.running.processes import wait_for
from tests.support.running.receiver import Receiver
from tests.support.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

POOLS = ("events", "month-close", "collection", "upkeep")
# Workers take what is sent within a second; a busy machine is given more.
SOON_MS = 30_000


@pytest.fixture(scope="module")
def opened_office(
    postgres, valkey, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """October is closed; one bill waits for somebody to pay it, one charge is in doubt, two events were refused."""
    folder = tmp_path_factory.mktemp("office")
    with postgres.database() as name:
        store = Store(postgres.worker_url(name), pool_size=5)
        world = World(store)
        _doubtful(world)
        world.open("payer", credit_control=True, credit_limit="500.00", auto_write_off=False)
        card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
        world.send("payment_method_added", "payer", **card)
        world.fee("payer", "80.00")
        a_month(world)
        world.top_up("payer", "10.00")
        world.top_up("newcomer", "12.00")
        world.top_up("mistyped", "3.00")
        users.add_user(store, "second", "finance", PASSWORD)
        more = {
            "SETTLE_COLLECTION__EVERY_S": "1",
            "SETTLE_CONSOLE__SECOND_PERSON_ABOVE": '{"USD": "1200.00"}',
        }
        try:
            with office(postgres.worker_url(name), valkey, folder, world, *POOLS, **more) as it:
                yield it
        finally:
            store.close()


def _doubtful(world: World) -> None:
    """A charge at a gateway for which the processes have no keys, so that they do not ask it."""
    gateway = SilentGateway()
    gateway.name = "stripe"
    world.open("doubtful")
    card = {"method": "visa", "kind": "bank_card", "gateway": "stripe", "method_token": "pm_1"}
    world.send("payment_method_added", "doubtful", **card)
    world.fee("doubtful", "1000")
    world.charge(gateway)


@pytest.fixture
def page_as(browser: Browser, opened_office: Office) -> Iterator[Callable[..., Page]]:
    """Pages of somebody signed in."""
    with visitors(browser) as visit:

        def make(name: str = "finance") -> Page:
            page = visit(opened_office.url, name)
            page.set_default_timeout(SOON_MS)
            return page

        yield make


@pytest.fixture
def world(opened_office: Office) -> World:
    return opened_office.world


def preview(page: Page) -> None:
    # What moves money has a reason.
    reason = page.get_by_label("Reason")
    if reason.get_attribute("required") is not None:
        reason.fill("as agreed")
    page.get_by_role("button", name="Preview").click()


def done(page: Page) -> None:
    """The event that was sent is handled by a worker, and the page says so by itself."""
    expect(page.get_by_role("status")).to_contain_text("done", timeout=SOON_MS)


def test_why_a_bill_is_unsettled_is_found_and_a_part_is_paid_from_balance_and_card(page_as, world):
    page = page_as("finance")
    page.get_by_role("link", name="Unsettled", exact=True).click()
    page.get_by_role("link", name="payer:2026-10").click()
    expect(page.get_by_role("heading", name="Why it is not settled")).to_be_visible()
    expect(page.get_by_text(re.compile("write-off .*switched off", re.IGNORECASE))).to_be_visible()
    page.get_by_role("link", name="Pay bill").click()
    page.get_by_label("Amount").fill("30.00")
    page.get_by_label("From the balance").fill("10.00")
    page.get_by_label("The rest from").select_option("visa")
    preview(page)
    expect(page.get_by_text("10.00 USD from cash")).to_be_visible()
    expect(page.get_by_text("20.00 USD from visa")).to_be_visible()
    page.get_by_role("button", name="Pay 30.00 USD").click()
    page.wait_for_url(re.compile("/bills/payer/2026-10$"))
    paid = page.get_by_role("region", name="Repayments")
    for _ in range(SOON_MS // 200):
        if paid.count() and "visa" in paid.inner_text():
            break
        page.wait_for_timeout(200)
        page.reload()
    assert world.bills("payer")[202610] == ("unsettled", 8000, 3000)
    assert world.attempts("payer") == [("manual", "succeeded", 2000)]


def test_a_unified_settlement_is_created_verified_exported_run_and_closed(page_as, world):
    page = page_as("finance")
    page.get_by_role("link", name="Unified settlements").click()
    page.get_by_role("link", name="New unified settlement").click()
    page.get_by_label("Main account").fill("acme-hq")
    page.get_by_role("button", name="Show its bills").click()
    page.get_by_label("Name", exact=True).fill("october")
    page.get_by_role("button", name="Make the list").click()
    page.wait_for_url("**/unified-settlements/acme-hq/october")
    expect(page.get_by_text("missing cash")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="The list as CSV").click()
    listed = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert {row["account"] for row in listed} == {"acme-east", "acme-west"}
    page.get_by_role("link", name="Run", exact=True).click()
    preview(page)
    page.get_by_role("button", name=re.compile("^Run")).click()
    page.wait_for_url("**/unified-settlements/acme-hq/october")
    expect(page.get_by_role("status")).to_contain_text("running")
    page.get_by_role("link", name="Close", exact=True).click()
    preview(page)
    page.get_by_role("button", name=re.compile("^Close")).click()
    expect(page.get_by_role("status")).to_contain_text("closed")
    assert world.one("SELECT state FROM unified_settlement") == "closed"


def test_repayment_records_are_downloaded(page_as, world):
    page = page_as("viewer")
    page.get_by_role("link", name="Repayments").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="All as CSV").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert len(rows) == world.one("SELECT count(*) FROM repayment")
    assert {"bill", "amount", "paid_at", "initiator"} <= set(rows[0])


def test_a_relationship_is_managed_and_money_is_transferred(page_as, world):
    world.receive(world.message("top_up", "acme-hq", amount="9.00", currency="USD"))
    page = page_as("finance")
    page.goto(page.url.replace("/console", "/console/accounts/acme-hq"))
    page.get_by_role("link", name="Invite a member").click()
    page.get_by_label("Member").fill("solo")
    preview(page)
    page.get_by_role("button", name="Invite a member").click()
    done(page)
    page.get_by_label("Account or bill").fill("solo")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Accept a main account").click()
    page.get_by_label("Main").fill("acme-hq")
    preview(page)
    page.get_by_role("button", name="Accept a main account").click()
    done(page)
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Receive from the main account").click()
    page.get_by_label("From account").fill("acme-hq")
    page.get_by_label("Amount").fill("4.00")
    preview(page)
    page.get_by_role("button", name="Receive from the main account 4.00 USD").click()
    done(page)
    ties = world.rows("SELECT state FROM billing_relationship ORDER BY member_id")
    assert ties == [("valid",)] * 3
    moved = "SELECT transferred_in_minor FROM account WHERE external_id = 'solo'"
    assert world.one(moved) == 400


def test_a_charge_in_doubt_is_resolved(page_as, world):
    page = page_as("finance")
    page.get_by_role("link", name="Charges").click()
    page.get_by_role("row", name=re.compile("doubtful")).get_by_role("link").click()
    page.get_by_role("link", name="Resolve").click()
    page.get_by_label("Found at the gateway").select_option("it was taken")
    page.get_by_label("Its id at the gateway").fill("pi_42")
    page.get_by_label("Reason").fill("seen at the dashboard")
    preview(page)
    page.get_by_role("button", name=re.compile("^Book .*it was taken")).click()
    page.wait_for_url(re.compile("/charges/[^/]+$"))
    assert world.attempts("doubtful") == [("threshold", "succeeded", 100_000)]
    expect(page.get_by_role("link", name="Resolve")).to_have_count(0)


def test_a_refused_event_is_tried_again_and_another_dismissed(page_as, world):
    page = page_as("operator")
    page.get_by_role("link", name="Work", exact=True).click()
    page.get_by_role("link", name="Refused events").click()
    page.get_by_role("row", name=re.compile("mistyped")).get_by_role("link").click()
    page.get_by_label("Reason").fill("sent again under the right name")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("sent again under the right name")).to_be_visible()
    world.receive(world.message("account_opened", "newcomer", currency="USD"))
    # Tried again before that is booked, it would be refused again, as it came first.
    wait_for(lambda: world.rows("SELECT 1 FROM account WHERE external_id = 'newcomer'"))
    page.go_back()
    page.go_back()
    page.get_by_role("row", name=re.compile("newcomer")).get_by_role("link").first.click()
    page.get_by_role("button", name="Try again").click()
    done(page)
    assert world.cash("newcomer") == 1200


def test_a_webhook_is_added_and_its_secret_seen_once(page_as, world):
    page = page_as("admin")
    with Receiver() as receiver:
        page.get_by_role("link", name="Webhooks").click()
        page.get_by_role("link", name="New endpoint").click()
        page.get_by_label("Name").fill("shop")
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_role("button", name="Add the endpoint").click()
        secret = page.get_by_label("The secret").inner_text()
        assert len(secret) > 20
        page.get_by_role("link", name="It is kept").click()
        page.get_by_role("button", name="Send a test message").click()
        expect(page.get_by_role("status")).to_contain_text("200")
        assert secret not in page.content()
        # And then announcements, by the pool of upkeep.
        page.goto(
            page.url.partition("/webhooks")[0] + "/accounts/creditor/do/credit-limit?credit_limit=600.00"
        )
        preview(page)
        page.get_by_role("button", name="Set credit limit").click()
        done(page)
        assert len(receiver.wait_for(1)) >= 1


def test_a_sender_and_a_key_are_made_and_the_key_opens_the_api(page_as, opened_office):
    page = page_as("admin")
    page.get_by_role("link", name="Keys and senders").click()
    page.get_by_role("link", name="New sender").click()
    page.get_by_label("Source").fill("shop")
    page.get_by_role("button", name="Keep").click()
    page.wait_for_url("**/senders/shop")
    page.get_by_role("link", name="Keys and senders").click()
    page.get_by_role("link", name="New key").click()
    page.get_by_label("Sender").fill("shop")
    page.get_by_role("button", name="Make the key").click()
    key = page.get_by_label("The secret").inner_text()
    accounts = opened_office.url.replace("/console", "/v1/accounts")
    assert httpx.get(accounts, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    page.get_by_role("link", name="It is kept").click()
    assert key not in page.content()


def test_what_moves_much_is_done_when_a_second_person_approves(page_as, world):
    page = page_as("finance")
    page.goto(page.url.replace("/console", "/console/accounts/creditor/do/top-up?amount=1250.00"))
    page.get_by_label("Reason").fill("bank transfer")
    preview(page)
    page.get_by_role("button", name="Top up 1,250.00 USD").click()
    page.wait_for_url("**/approvals/*")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert world.cash("creditor") == 0
    other = page_as("second")
    other.get_by_role("link", name="Approvals").click()
    other.get_by_role("row", name=re.compile("creditor")).get_by_role("link").first.click()
    other.get_by_role("button", name=re.compile("^Approve")).click()
    done(other)
    assert world.bills("creditor")[202610][0] == "settled"
    assert world.faults() == 0

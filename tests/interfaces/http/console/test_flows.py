"""What finance people come for, done by clicks, with a worker behind. Rule: R14.2."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from interfaces.http.console.pages import dry_runs
from tests.support.forms import confirm, fill


def outstanding(world, account, cycle=202610):
    state, payable, paid = world.bills(account)[cycle]
    return state, (payable or 0) - paid


def test_a_bill_is_found_explained_and_paid_in_part_from_the_balance(page_as, office, world):
    world.send("account_changed", "acme-hq", auto_write_off=False)
    page = page_as("finance")
    page.get_by_role("link", name="Unsettled", exact=True).click()
    page.get_by_role("link", name="acme-east:2026-10").click()
    expect(page.get_by_role("heading", name="Why it is not settled")).to_be_visible()
    before = outstanding(world, "acme-east")[1]
    world.send("account_changed", "acme-east", auto_write_off=False)
    # Without money and a payment method there is nothing to pay with, and the page says so.
    expect(page.get_by_text("covers up to 0.00 USD of this bill")).to_be_visible()
    world.top_up("acme-east", "15.00")
    page.reload()
    page.get_by_role("link", name="Pay bill").click()
    page.get_by_label("Amount").fill("10.00")
    page.get_by_label("The rest from").select_option("balance")
    page.get_by_label("Reason").fill("agreed by telephone")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("10.00 USD from cash")).to_be_visible()
    page.get_by_role("button", name="Pay 10.00 USD").click()
    page.wait_for_url(re.compile(r"/bills/acme-east/2026-10$"))
    assert outstanding(world, "acme-east")[1] == before - 1000
    page.goto(f"{office.url}/acts")
    expect(page.get_by_text("agreed by telephone")).to_be_visible()
    assert world.faults() == 0


def test_a_top_up_settles_a_bill_and_the_page_says_so(page_as, office, world):
    page = page_as("finance")
    page.goto(f"{office.url}/bills/acme-west/2026-10")
    page.get_by_role("link", name=re.compile("USD$")).click()
    page.get_by_label("Reason").fill("agreed")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(re.compile("pays 1 bills? at once"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Top up")).click()
    expect(page.get_by_role("status")).to_contain_text("done")
    expect(page.get_by_role("link", name="acme-west:2026-10")).to_be_visible()
    assert outstanding(world, "acme-west") == ("settled", 0)


def test_two_clicks_and_the_button_back_pay_once(page_as, office, world):
    page = page_as("finance")
    page.goto(f"{office.url}/accounts/solo/do/top-up?amount=5.00")
    page.get_by_label("Reason").fill("agreed")
    page.get_by_role("button", name="Preview").click()
    form = page.locator("form.acts")
    values = {
        name: form.locator(f"[name={name}]").input_value()
        for name in ("guard", "event", "step", "data", "reason")
    }
    page.get_by_role("button", name="Top up 5.00 USD").dblclick()
    page.wait_for_url("**/operations/*")
    for _ in range(2):
        again = page.request.post(f"{office.url}/accounts/solo/do/top-up", form=values)
        assert again.ok
    assert world.one("SELECT count(*) FROM inbox WHERE source = 'console' AND type = 'top_up'") == 1
    assert world.one("SELECT count(*) FROM console_act WHERE action = 'top_up'") == 1


def test_a_stale_payment_comes_back_with_the_new_figures(page_as, office, world):
    world.send("account_changed", "acme-east", auto_write_off=False)
    page = page_as("finance")
    world.top_up("acme-east", "200.00")
    page.goto(f"{office.url}/bills/acme-east/2026-10/pay")
    page.get_by_label("The rest from").select_option("balance")
    page.get_by_label("Reason").fill("agreed")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name=re.compile("^Pay "))).to_be_visible()
    world.send(
        "bill_payment_requested", "acme-east", payment="other", cycle="2026-10", currency="USD", amount="50.00",
        channel="balance",
    )  # fmt: skip
    with page.expect_response(re.compile("/pay$")) as answered:
        page.get_by_role("button", name=re.compile("^Pay ")).click()
    assert answered.value.status == 409
    expect(page.get_by_role("alert")).to_contain_text("The figures have changed")
    # The form begins anew, with what is outstanding now.
    expect(page.get_by_label("Amount")).to_have_value("58.27")
    assert world.one("SELECT count(*) FROM bill_payment") == 1


def test_a_unified_settlement_is_made_verified_exported_run_and_closed(page_as, office, world):
    page = page_as("finance")
    page.get_by_role("link", name="Unified settlements").click()
    page.get_by_role("link", name="New unified settlement").click()
    page.get_by_label("Main account").fill("acme-hq")
    page.get_by_role("button", name="Show its bills").click()
    page.get_by_label("Name", exact=True).fill("october")
    expect(page.get_by_label(re.compile("acme-west"))).to_be_checked()
    page.get_by_role("button", name="Make the list").click()
    page.wait_for_url("**/unified-settlements/acme-hq/october")
    expect(page.get_by_text("missing cash")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="The list as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 3
    page.get_by_role("link", name="Run", exact=True).click()
    page.get_by_label("Reason").fill("agreed")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Run 150.00 USD", exact=True).click()
    page.wait_for_url("**/unified-settlements/acme-hq/october")
    expect(page.get_by_role("status")).to_contain_text("running")
    assert world.one("SELECT state FROM unified_settlement") == "running"
    # The rest of the money arrives, and the settlement pays by itself while its page is looked at.
    world.top_up("acme-hq", "500.00")
    office.server.work()
    world.tick()
    expect(page.get_by_role("status")).to_contain_text(re.compile("completed|running"), timeout=15_000)
    assert world.faults() == 0


def test_a_dry_run_of_many_accounts_comes_by_itself(page_as, office, world, monkeypatch):
    monkeypatch.setattr(dry_runs, "MOST_AT_ONCE", 0)
    world.fee("solo", "40.00", "2026-11-10T00:00:00Z")
    office.handled()
    page = page_as("viewer")
    page.goto(f"{office.url}/runs/dry-run?cycle=2026-11")
    expect(page.get_by_role("heading", name="Beside the month before")).to_be_visible()
    expect(page.get_by_role("cell", name="40.00 USD").first).to_be_visible()


def test_repayment_records_are_downloaded(page_as, office):
    page = page_as("viewer")
    page.get_by_role("link", name="Repayments").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="All as CSV").click()
    header, *lines = download.value.path().read_text().splitlines()
    assert "amount" in header
    assert len(lines) >= 2


@pytest.mark.parametrize("path", ["/bills/solo/2026-10", "/accounts/solo", "/runs/1"])
def test_what_a_viewer_may_not_do_is_not_offered(page_as, office, path):
    page = page_as("viewer")
    page.goto(office.url + path)
    assert page.get_by_role("main").get_by_role("button").count() == 0
    assert page.get_by_role("link", name="Pay bill").count() == 0


def test_a_form_is_taken_as_it_begins_where_nothing_more_is_needed(office, world):
    client = office.client("finance")
    path = "/accounts/creditor/do/term"
    preview = fill(client, path, from_cycle="2026-12", period_days="20")
    assert confirm(client, path, preview).status_code == 303
    office.handled()
    assert world.one("SELECT count(*) FROM payment_term") == 2


def test_what_paid_a_bill_comes_before_that_it_was_settled(office, world):
    world.top_up("acme-west", "100.00")
    page = office.client("viewer").get("/console/bills/acme-west/2026-10").text
    happened = page.partition("What happened")[2].partition("What paid it")[0]
    assert re.findall(r"issued|from cash|settled", happened) == ["issued", "from cash", "settled"]

"""What moves more than one person may, waits for a second one. Rule: R14.5."""

from __future__ import annotations

import re

import pytest

from interfaces.http.console.pages import approvals as approval_pages
from settlement.operations import approvals, test_clock, users
from tests.support.console.month import PASSWORD
from tests.support.forms import confirm, fields_of, fill

PATH = "/accounts/member/do/transfer"


@pytest.fixture
def office(world, make_office):
    """One person may move 100.00 USD; two of them may move money, and an admin."""
    world.open("creditor", "member")
    world.tie("creditor", "member")
    world.top_up("creditor", "500.00")
    made = make_office(console={"second_person_above": {"USD": "100.00"}})
    users.add_user(world.store, "second", "finance", PASSWORD)
    return made


def wanted(client, amount="250.00"):
    """The page to which a transfer of the member from its main account leads."""
    preview = fill(client, PATH, amount=amount, from_account="creditor", reason="agreed")
    return confirm(client, PATH, preview).headers["location"].removeprefix("/console")


def decide(client, page, to, reason="checked"):
    form = fields_of(client.get(f"/console{page}"))
    return client.post(f"/console{page}", data={**form, "to": to, "reason": reason})


def expire(world):
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE console_request SET expires_at = clock_timestamp()")


def acts(world):
    return world.rows("SELECT actor, action, approved_by, reason FROM console_act ORDER BY id")


def test_what_moves_no_more_than_one_person_may_is_done_at_once(office, world):
    assert wanted(office.client("finance"), "100.00").startswith("/operations/")
    assert world.cash("member") == 10000


def test_what_moves_more_is_done_when_another_approves_and_both_names_are_kept(office, world):
    maker, second = office.client("finance"), office.client("second")
    page = wanted(maker)
    assert page.startswith("/approvals/")
    assert world.cash("member") == 0
    assert "finance wants to move" in second.get(f"/console{page}").text
    assert decide(second, page, "approve").headers["location"].startswith("/console/operations/")
    assert world.cash("member") == 25000
    assert acts(world) == [
        ("finance", "request_transfer", None, "agreed"),
        ("second", "approve_transfer", None, "checked"),
        ("finance", "transfer", "second", "agreed"),
    ]
    # Again, by a second click: nothing more.
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 25000
    assert world.faults() == 0


def test_the_maker_does_not_approve_and_may_withdraw(office, world):
    maker = office.client("finance")
    page = wanted(maker)
    assert 'value="approve"' not in maker.get(f"/console{page}").text
    refused = decide(maker, page, "approve")
    assert refused.status_code == 422
    assert "Nobody decides about what they want themselves" in refused.text
    assert decide(maker, page, "withdraw").status_code == 303
    assert decide(office.client("second"), page, "approve").status_code == 422
    assert world.cash("member") == 0
    assert world.one("SELECT state FROM console_request") == "withdrawn"


def test_who_may_not_move_money_approves_nothing(office, world):
    page = wanted(office.client("finance"))
    for role in ("viewer", "operator"):
        client = office.client(role)
        assert 'value="approve"' not in client.get(f"/console{page}").text
        assert client.post(f"/console{page}", data={"guard": "x", "to": "approve"}).status_code == 403
    assert world.cash("member") == 0


def test_what_was_declined_is_not_done(office, world):
    page, second = wanted(office.client("finance")), office.client("second")
    assert decide(second, page, "decline", "not agreed").status_code == 303
    assert "not agreed" in second.get(f"/console{page}").text
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 0


def test_a_stale_one_is_refused_with_the_new_figures(office, world):
    """The member owes a bill meanwhile, which the money would pay."""
    page, second = wanted(office.client("finance")), office.client("second")
    world.fee("member", "40.00")
    office.handled()
    world.at("2026-11-02 04:30").tick()
    test_clock.move(world.store, world.now)
    stale = decide(second, page, "approve")
    assert stale.status_code == 409
    assert "no longer what was shown to finance that would follow" in stale.text
    assert "40.00 USD" in stale.text
    assert 'value="approve"' not in stale.text
    assert world.one("SELECT state FROM console_request") == "waiting"
    assert world.cash("member") == 0


def approved_and_cut_off(world, page):
    """Somebody approved it, and their server ended before it was carried out."""
    number = int(page.rpartition("/")[2])
    approvals.decide(world.store, number, "approved", by="second", role="finance", reason="checked")


def test_what_was_approved_and_not_carried_out_is_carried_out_once_by_whoever_may(office, world):
    page, third = wanted(office.client("finance")), office.client("admin")
    approved_and_cut_off(world, page)
    assert "Carry out" in third.get(f"/console{page}").text
    assert decide(third, page, "approve").headers["location"].startswith("/console/operations/")
    assert world.cash("member") == 25000
    assert "Carry out" not in third.get(f"/console{page}").text
    assert decide(third, page, "approve").status_code == 422
    assert acts(world)[-1] == ("finance", "transfer", "second", "agreed")
    assert world.faults() == 0


def test_what_was_approved_is_not_carried_out_when_something_else_would_follow(office, world):
    page, second = wanted(office.client("finance")), office.client("second")
    approved_and_cut_off(world, page)
    world.fee("member", "40.00")
    office.handled()
    world.at("2026-11-02 04:30").tick()
    test_clock.move(world.store, world.now)
    stale = decide(second, page, "approve")
    assert stale.status_code == 409
    assert "40.00 USD" in stale.text
    assert "Carry out" not in stale.text
    assert world.cash("member") == 0


def test_what_was_approved_is_not_carried_out_after_its_time(office, world):
    page, second = wanted(office.client("finance")), office.client("second")
    approved_and_cut_off(world, page)
    expire(world)
    assert "expired" in second.get(f"/console{page}").text
    assert "Carry out" not in second.get(f"/console{page}").text
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 0


@pytest.mark.parametrize("cut_off", [False, True])
@pytest.mark.parametrize("change", ["disabled", "viewer"])
def test_nothing_is_done_in_the_name_of_who_may_not_move_money_any_more(office, world, change, cut_off):
    page, second = wanted(office.client("finance")), office.client("second")
    if cut_off:
        approved_and_cut_off(world, page)
    if change == "disabled":
        users.disable_user(world.store, "finance")
    else:
        users.reset_user(world.store, "finance", PASSWORD, "viewer")
    shown = second.get(f"/console{page}").text
    assert "may not move money any more" in shown
    assert 'value="approve"' not in shown
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 0
    if not cut_off:
        assert decide(second, page, "decline").status_code == 303


def test_what_waits_comes_first_and_the_rest_on_further_pages(office, world, monkeypatch):
    client = office.client("finance")
    pages = [wanted(client) for _ in range(4)]
    for decided in pages[2:]:
        decide(client, decided, "withdraw")
    monkeypatch.setattr(approval_pages, "_ROWS", 3)
    first = client.get("/console/approvals").text
    seen = re.findall(r'href="/console(/approvals/\d+)"', first)
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(f"/console/approvals{following}").text
    assert [*seen, *re.findall(r'href="/console(/approvals/\d+)"', second)] == [
        pages[1], pages[0], pages[3], pages[2]
    ]  # fmt: skip
    assert 'rel="next"' not in second
    assert client.get("/console/approvals?after=nonsense").status_code == 400


def test_what_follows_a_top_up_is_shown_to_the_second_person(office, world):
    world.fee("member", "40.00")
    office.handled()
    world.at("2026-11-02 04:30").tick()
    test_clock.move(world.store, world.now)
    client, path = office.client("finance"), "/accounts/member/do/top-up"
    preview = fill(client, path, amount="250.00")
    page = confirm(client, path, preview).headers["location"].removeprefix("/console")
    shown = office.client("second").get(f"/console{page}").text
    assert "pays 1 bill at once" in shown
    assert "40.00 USD" in shown


def test_what_would_be_refused_now_is_said_and_not_approved(office, world):
    page, second = wanted(office.client("finance"), "450.00"), office.client("second")
    world.send("transfer", "member", amount="400.00", currency="USD", from_account="creditor")
    office.handled()
    assert "It would be refused now" in second.get(f"/console{page}").text
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 40000


def test_one_that_waited_too_long_is_over(office, world):
    page, second = wanted(office.client("finance")), office.client("second")
    expire(world)
    assert "expired" in second.get(f"/console{page}").text
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 0


def test_a_form_that_is_sent_twice_makes_one_request(office, world):
    client = office.client("finance")
    preview = fill(client, PATH, amount="250.00", from_account="creditor")
    places = {confirm(client, PATH, preview).headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert world.one("SELECT count(*) FROM console_request") == 1
    assert len(acts(world)) == 1


def test_a_bill_paid_by_hand_waits_too(office, world):
    world.open("payer", auto_write_off=False)
    world.fee("payer", "300.00")
    office.handled()
    world.at("2026-11-02 04:30").tick()
    test_clock.move(world.store, world.now)
    world.send("top_up", "payer", amount="400.00", currency="USD")
    office.handled()
    client, second = office.client("finance"), office.client("second")
    path = "/bills/payer/2026-10/pay"
    preview = fill(client, path, channel="balance", reason="agreed")
    page = confirm(client, path, preview).headers["location"].removeprefix("/console")
    assert page.startswith("/approvals/")
    assert world.bills("payer")[202610][2] == 0
    assert decide(second, page, "approve").headers["location"] == "/console/bills/payer/2026-10"
    assert world.bills("payer")[202610] == ("settled", 30000, 30000)


def test_without_the_setting_nothing_waits(world, make_office):
    world.open("creditor", "member")
    world.tie("creditor", "member")
    world.top_up("creditor", "500.00")
    assert wanted(make_office().client("finance"), "500.00").startswith("/operations/")

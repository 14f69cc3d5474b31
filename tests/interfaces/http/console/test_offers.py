"""What the server would refuse is not offered, and says why, by the rule that refuses it. Rule: R14.2."""

from __future__ import annotations

import html
import re

from interfaces.http.console.actions import ACCOUNT_ACTIONS, SETTLEMENT_ACTIONS
from tests.support.fake_gateway import FakeGateway
from tests.support.forms import fields_of, fill

ACTIONS = {action.id: action.title for group in ACCOUNT_ACTIONS.values() for action in group}
# What each form is sent with where its own beginning is not enough.
TYPED = {
    "top-up": {"amount": "1.00"}, "refund": {"amount": "1.00"},
    "card": {"amount": "1.00", "valid_from": "2026-11-01T00:00", "valid_until": "2027-11-01T00:00"},
    "coupon": {"amount": "1.00", "kind": "amount_off", "valid_from": "2026-11-01T00:00",
               "valid_until": "2027-11-01T00:00"},
    "method": {"kind": "bank_transfer"}, "product": {"product": "ecs"}, "credit-limit": {"credit_limit": "1.00"},
    "switches": {"auto_write_off": "yes"}, "frozen-amount": {"frozen_amount": "0.00"},
    "low-credit-line": {"low_credit_line": "1.00"}, "hold": {"hold.reason": "check", "hold.ref": "1"},
    "release": {"release.reason": "check", "release.ref": "1"}, "term": {"from_cycle": "2026-12", "period_days": "5"},
}  # fmt: skip
# What is of no use but not refused: there is nothing to end.
HARMLESS = {"release", "end-low-credit-watch", "relationship"}


def shown(page):
    """The acts of a page: those that are offered by their ids, and the others' titles with the reasons."""
    offered = re.findall(r'href="/console/accounts/[^/"]+/do/([a-z-]+)', page)
    refused = re.findall(r'<li><span class="button off">([^<]+)</span> ([^<]+)</li>', page)
    return offered, {title: html.unescape(why) for title, why in refused}


def parked(world):
    world.rows(
        "UPDATE account SET parked_at = now(), parked_reason = 'figures' WHERE external_id = 'solo' RETURNING 1"
    )


def paying(world):
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "creditor", **card)
    world.send(
        "bill_payment_requested",
        "creditor",
        payment="by-card",
        cycle="2026-10",
        currency="USD",
        channel="visa",
    )


def invited(world):
    world.send("relationship_requested", "acme-hq", member="solo")


# By account and what happened before: what is not offered, and what its reason says.
STATES = [
    ("solo", None, {
        "Cancel a payment": "No payment by hand is in progress.", "Release a hold": "Nothing holds",
        "End the watch": "not watched", "Receive from the main account": "no main account",
        "Pull back from a member": "no members", "Accept a main account": "No main account has invited it.",
        "End a relationship": "no main account and no members",
    }),
    ("solo", invited, {
        "Receive from the main account": "It has not accepted acme-hq", "Invite a member": "acme-hq itself",
        "Cancel a payment": "", "Release a hold": "", "End the watch": "", "Pull back from a member": "",
    }),
    ("acme-east", None, {
        "Accept a main account": "has agreed already", "Invite a member": "a member has no members",
        "Cancel a payment": "", "Release a hold": "", "End the watch": "", "Pull back from a member": "",
    }),
    ("acme-hq", None, {
        "Pull back from a member": "can come back", "Receive from the main account": "no main account",
        "Cancel a payment": "", "Release a hold": "", "End the watch": "", "Accept a main account": "",
    }),
    ("solo", parked, dict.fromkeys(set(ACTIONS.values()), "")),
]  # fmt: skip


def test_every_act_of_an_account_is_offered_or_says_why_not(make_office, world, things):
    """One state after the other: what stops more of them comes later."""
    client = make_office().client("finance")
    for account, before, expected in STATES:
        if before is not None:
            before(world)
        check(client, world, account, expected)


def check(client, world, account, expected):
    """Each act is offered or not as expected, and as the form of it is taken."""
    offered, refused = shown(client.get(f"/console/accounts/{account}").text)
    assert set(refused) == set(expected)
    for title, part in expected.items():
        assert part in refused[title], title
        assert refused[title][:1] == refused[title][:1].upper()
        assert "event" not in refused[title]
    assert {ACTIONS[action] for action in offered} | set(refused) == set(ACTIONS.values())
    for action, title in ACTIONS.items():
        if action in HARMLESS and title in refused:
            continue
        given = typed_for(action, account, world)
        preview = fill(client, f"/accounts/{account}/do/{action}", **given)
        assert (preview.status_code == 200) is (title not in refused), (title, preview.status_code)


def typed_for(action, account, world):
    """What the form is filled with: the account at the other end is one that there is."""
    other = {"acme-hq": "acme-east", "solo": "acme-hq"}.get(account, "acme-hq")
    match action:
        case "transfer" | "pull-back":
            return {"amount": "1.00", "from_account": other}
        case "relationship":
            return {"member": "creditor"}
        case "accept":
            return {"main": other}
        case "end-relationship":
            return {"other": other}
        case "cancel-payment":
            return {"payment": "by-card"}
        case _:
            return TYPED.get(action, {})


PAYING = [
    ("acme-east", "2026-10", None, "covers up to 0.00 USD"),
    ("acme-west", "2026-10", lambda world: (
        world.send("account_changed", "acme-west", auto_write_off=False), world.top_up("acme-west", "5.00")), ""),
    ("acme-west", "2026-10", lambda world: (
        world.send("account_changed", "acme-west", auto_write_off=True), world.top_up("acme-west", "100.00")),
     "is settled"),
    ("solo", "2026-11", lambda world: world.fee("solo", "5.00", "2026-11-10T00:00:00Z"), "is not issued yet"),
    ("creditor", "2026-10", paying, "ayment by-card of bill creditor:2026-10 is in progress"),
    ("solo", "2026-10", parked, "parked"),
]  # fmt: skip


def test_a_bill_that_cannot_be_paid_by_hand_says_why(world, office):
    client = office.client("finance")
    for account, cycle, before, why in PAYING:
        if before is not None:
            before(world)
        check_pay(client, account, cycle, why)


def check_pay(client, account, cycle, why):
    path = f"/bills/{account}/{cycle}"
    page, form = (client.get(f"/console{one}").text for one in (path, f"{path}/pay"))
    assert ('data-key="p"' in page) is (why == "")
    assert ('name="amount"' in form) is (why == "")
    for text in (page, form) if why else ():
        assert why in html.unescape(text)


def test_the_page_of_a_bill_follows_a_payment_to_its_end(office, world):
    client, path = office.client("finance"), "/console/bills/creditor/2026-10"
    part = f'hx-get="{path}/now"'
    assert part not in client.get(path).text
    paying(world)
    page = client.get(path).text
    assert part in page
    assert re.search(
        r"317\.77 USD(?:</\w+>)? from visa, <a href=\"/console/charges/[^\"]+\">its charge</a>", page
    )
    why = page.partition("Why it is not settled")[2].partition("What happened")[0]
    assert "A payment by hand is in progress" in why
    assert "by-card" not in why
    running = client.get(f"{path}/now")
    assert "hx-refresh" not in running.headers
    assert part in running.text
    world.charge(FakeGateway())
    world.drain()
    ended = client.get(f"{path}/now")
    assert ended.headers["hx-refresh"] == "true"
    assert part not in ended.text
    assert part not in client.get(path).text


def test_a_settlement_says_why_an_act_is_not_to_be_done(office, world):
    listed = {"settlement": "october", "accounts": ["acme-east"], "cycles": ["2026-10"]}
    world.send("unified_settlement_created", "acme-hq", **listed)
    client = office.client("finance")
    titles = {action.id: action.title for action in SETTLEMENT_ACTIONS}
    for step in (None, "unified_settlement_run", "unified_settlement_closed", "unified_settlement_deleted"):
        if step is not None:
            world.send(step, "acme-hq", settlement="october")
        offered, refused = shown(client.get("/console/unified-settlements/acme-hq/october").text)
        assert {titles[one] for one in offered} | set(refused) == set(titles.values()), step
        for action, title in titles.items():
            more = {"accounts": "acme-east", "cycles": "2026-10"} if action == "edit-settlement" else {}
            preview = fill(client, f"/accounts/acme-hq/do/{action}", settlement="october", **more)
            assert (preview.status_code == 200) is (title not in refused), (step, title)


def test_who_may_not_is_told_so(office):
    client = office.client("viewer")
    for path in ("/accounts/solo", "/bills/solo/2026-10"):
        page = client.get(f"/console{path}").text
        assert "Your role, viewer, moves no money." in page
        assert "/do/" not in page
    assert fields_of(client.get("/console/accounts/solo"))

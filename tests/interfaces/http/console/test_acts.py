"""Who did what, and why, and what was before and after: in words, for acts of every kind. Rule: R14.3."""

from __future__ import annotations

import html
import re

from tests.support.forms import confirm, fields_of, fill


def act(client, path, **typed):
    """A form of an account, filled, looked at and confirmed."""
    done = confirm(client, path, fill(client, path, **typed))
    assert done.status_code == 303, done.text


def listed(client):
    """The acts as they are shown: what, why, outcome, with what, before and after."""
    page = client.get("/console/acts").text
    names = ("what", "before and after", "why", "outcome", "with")
    cells = re.findall(r'<td data-of="([^"]+)"[^>]*>(.*?)</td>', page, re.DOTALL)
    values = [html.unescape(re.sub(r"<[^>]+>", "", text)) for name, text in cells if name in names]
    return [dict(zip(names, values[at : at + 5], strict=True)) for at in range(0, len(values), 5)]


def test_an_act_says_what_it_changed_before_and_after(things, make_office, world):
    client = make_office().client("admin")
    act(client, "/accounts/creditor/do/credit-limit", credit_limit="900.00", currency="USD", reason="agreed")
    act(client, "/accounts/acme-hq/do/top-up", amount="25.00", currency="USD", reason="bank transfer")
    act(client, "/accounts/acme-hq/do/switches", auto_write_off="no", reason="asked by phone")
    act(
        client,
        "/accounts/solo/do/hold",
        **{"hold.reason": "dispute", "hold.ref": "case 7"},
        reason="a dispute",
    )
    form = fields_of(client.get("/console/keys/" + things["{key}"]))
    client.post("/console/keys/" + things["{key}"], data={**form, "to": "revoke", "reason": "left"})
    key, hold, switch, money, limit = listed(client)[:5]
    assert limit["before and after"] == "credit limit: from 500.00 USD to 900.00 USD"
    assert (limit["why"], limit["outcome"]) == ("agreed", "done")
    assert limit["with"] == "currency USD, credit limit 900.00"
    assert money["before and after"] == "cash: from 150.00 USD to 175.00 USD"
    assert switch["before and after"] == "automatic write-off: from on to off"
    assert hold["before and after"] == "holds: from none to dispute case 7"
    assert hold["with"] == "hold ref case 7, reason dispute"
    assert key["before and after"] == "key: from opens the API to revoked"
    assert world.faults() == 0


def test_what_was_refused_changed_nothing_and_no_machine_names_are_shown(office, world):
    client = office.client("finance")
    path = "/accounts/solo/do/card"
    dates = {"valid_from": "2026-11-01T00:00", "valid_until": "2027-11-01T00:00"}
    preview = fill(client, path, card="gift-9", amount="5.00", currency="USD", **dates)
    taken = world.message("card_activated", "solo", card="gift-9", amount="5.00", currency="USD",
                          valid_from="2026-11-01T00:00:00Z", valid_until="2027-11-01T00:00:00Z")  # fmt: skip
    world.receive(taken)
    world.drain()
    assert preview.status_code == 200
    client.post(f"/console{path}", data=fields_of(preview))
    shown = listed(client)
    assert all("{" not in one["with"] and '"' not in one["with"] for one in shown)
    assert all(one["before and after"] == "–" for one in shown if one["outcome"] != "done")


def test_what_an_act_changed_is_kept_once(office, world):
    client = office.client("finance")
    path = "/accounts/solo/do/top-up"
    preview = fill(client, path, amount="5.00", currency="USD")
    for _ in range(2):
        assert confirm(client, path, preview).status_code == 303
    ((changed,),) = world.rows("SELECT details -> 'changed' FROM console_act")
    assert changed == {"cash": ["0.00 USD", "5.00 USD"]}
    world.top_up("solo", "1.00")
    client.get("/console/acts")
    assert world.rows("SELECT details -> 'changed', details ? 'before' FROM console_act") == [
        (changed, False)
    ]


def test_the_page_of_an_event_says_what_it_says_in_words_and_leads_to_what_it_is_about(office, world):
    client = office.client("finance")
    path = "/accounts/solo/do/top-up"
    sent = confirm(client, path, fill(client, path, amount="1234.50", currency="USD", reason="bank transfer"))
    page = client.get(sent.headers["location"]).text
    said, _, raw = page.partition("<details>")
    assert ": top up</h1>" in said
    assert re.search(r'<th scope="row">amount</th><td class="wide">1,234.50 USD</td>', said)
    assert "{" not in said.partition("<main")[2]
    assert "&#34;amount&#34;: &#34;1234.50&#34;" in raw
    assert re.search(r'href="/console/accounts/solo">Back to the account solo', raw)


def test_an_act_of_a_settlement_ends_on_its_page(office, world):
    client = office.client("finance")
    world.send(
        "unified_settlement_created", "acme-hq", settlement="s", accounts=["acme-west"], cycles=["2026-10"]
    )
    for name in ("close", "delete"):
        path = f"/accounts/acme-hq/do/{name}-settlement"
        done = confirm(client, path, fill(client, path, settlement="s", reason="agreed"))
        assert done.headers["location"] == "/console/unified-settlements/acme-hq/s"
        assert client.get(done.headers["location"]).status_code == 200


def test_a_payment_made_here_has_no_name_that_nobody_gave_it(office, world):
    world.send("account_changed", "acme-east", auto_write_off=False)
    world.top_up("acme-east", "15.00")
    client, path = office.client("finance"), "/bills/acme-east/2026-10/pay"
    preview = fill(client, path, amount="10.00", channel="balance", reason="agreed")
    made = fields_of(preview)["event"]
    assert confirm(client, path, preview).headers["location"] == "/console/bills/acme-east/2026-10"
    assert world.rows("SELECT external_id FROM bill_payment") == [(made,)]
    (cause,) = world.rows("SELECT cause FROM repayment WHERE cause LIKE 'payment:%'")[0]
    one = f"/repayments/acme-east/2026-10/{cause}"
    for page in ("/payments", "/repayments", one, "/acts", "/bills/acme-east/2026-10"):
        text = client.get(f"/console{page}").text
        assert made not in text, page
        assert "by hand" in text or page == "/acts", page
    assert re.search("payment by hand</", client.get("/console/repayments").text)


def test_what_a_payment_made_here_holds_has_no_name_that_nobody_gave_it(office, world):
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "creditor", **card)
    client, path = office.client("finance"), "/bills/creditor/2026-10/pay"
    preview = fill(client, path, channel="visa", reason="agreed")
    made = fields_of(preview)["event"]
    assert confirm(client, path, preview).headers["location"] == "/console/bills/creditor/2026-10"
    assert world.rows("SELECT external_id FROM bill_payment WHERE state = 'running'") == [(made,)]
    for page in ("/accounts/creditor", "/bills/creditor/2026-10", path, "/payments", "/charges"):
        assert made not in client.get(f"/console{page}").text, page


def test_a_payment_that_a_program_named_like_a_form_keeps_its_name(office, world):
    named = "pA3x-0_kQ9zLmN4bV7cR2sTd"
    world.send("account_changed", "acme-east", auto_write_off=False)
    world.top_up("acme-east", "15.00")
    paid = {"cycle": "2026-10", "currency": "USD", "amount": "10.00", "channel": "balance"}
    world.send("bill_payment_requested", "acme-east", payment=named, **paid)
    client = office.client("finance")
    for page in ("/payments", "/repayments"):
        assert named in client.get(f"/console{page}").text, page

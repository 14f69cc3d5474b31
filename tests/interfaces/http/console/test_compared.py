"""What would follow is compared again when an act is sent. Rule: R14.2a."""

from __future__ import annotations

import pytest

from settlement.operations import test_clock
from tests.support.forms import confirm, fields_of, fill

# Acts whose money would pay a bill of `payer`, which appears between the page and the click.
ACTS = {
    "transfer": {"amount": "60.00", "from_account": "main"},
    "refund": {"amount": "60.00", "to": "cash"},
    "card": {
        "card": "gift", "amount": "60.00", "valid_from": "2026-10-01T00:00", "valid_until": "2027-10-01T00:00",
    },
}  # fmt: skip


@pytest.fixture
def office(world, make_office):
    """A member with a bill that is not issued yet, and its main account with money."""
    world.open("main")
    # A limit opens the gate for a card where there is no cash.
    world.open("payer", credit_limit="100.00")
    world.tie("main", "payer")
    world.top_up("main", "500.00")
    world.fee("payer", "40.00")
    return make_office()


@pytest.fixture
def client(office):
    """Somebody of finance."""
    return office.client("finance")


def issue(world):
    world.at("2026-11-02 04:30").tick()
    test_clock.move(world.store, world.now)


@pytest.mark.parametrize("action", ["transfer", "refund", "card"])
def test_an_act_whose_figures_have_changed_comes_back_with_the_new_ones(world, client, action):
    path = f"/accounts/payer/do/{action}"
    preview = fill(client, path, **ACTS[action])
    assert "No bill is paid" in preview.text, preview.text
    issue(world)
    stale = confirm(client, path, preview)
    assert stale.status_code == 409
    assert "The figures have changed since" in stale.text
    assert "40.00 USD" in stale.text
    assert world.bills("payer")[202610][2] == 0
    done = client.post(f"/console{path}", data=fields_of(stale))
    assert done.status_code == 303
    assert world.bills("payer")[202610] == ("settled", 4000, 4000)
    assert world.one("SELECT count(*) FROM console_act") == 1
    assert world.faults() == 0


def test_what_is_the_same_is_done_at_once_and_by_a_second_click_once(world, client):
    issue(world)
    path = "/accounts/payer/do/transfer"
    preview = fill(client, path, **ACTS["transfer"])
    assert "40.00 USD" in preview.text
    places = {confirm(client, path, preview).headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert world.cash("payer") == 2000


def test_a_method_that_is_charged_as_soon_as_it_is_added_says_so(world, client):
    issue(world)
    path = "/accounts/payer/do/method"
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    preview = fill(client, path, **card)
    assert "charged to visa of payer" in preview.text
    assert "40.00 USD" in preview.text
    assert confirm(client, path, preview).status_code == 303
    assert world.rows("SELECT amount_minor FROM charge_attempt") == [(4000,)]


def test_a_sum_is_confirmed_as_sums_stand_everywhere(client):
    preview = fill(client, "/accounts/payer/do/top-up", amount="1250", currency="USD")
    assert preview.text.count("1,250.00 USD") == 2
    assert ">Top up 1,250.00 USD<" in preview.text


def test_a_top_up_is_booked_whatever_follows(world, client):
    path = "/accounts/payer/do/top-up"
    preview = fill(client, path, amount="60.00")
    issue(world)
    assert confirm(client, path, preview).status_code == 303
    assert world.bills("payer")[202610] == ("settled", 4000, 4000)


def test_what_would_be_refused_by_now_is_said_on_its_form(world, office, client):
    path = "/accounts/payer/do/transfer"
    preview = fill(client, path, amount="450.00", from_account="main")
    world.send("transfer", "payer", amount="400.00", currency="USD", from_account="main")
    office.handled()
    refused = confirm(client, path, preview)
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    assert world.cash("payer") == 40000

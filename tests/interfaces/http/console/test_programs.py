"""Webhooks, keys and senders at the console: secrets are shown once, acts kept. Rule: R12.1, R12.2, R13.3, R14.3."""

from __future__ import annotations

import html
import re

import pytest

from interfaces.http.console.pages.programs import webhooks
from settlement.operations.inbox import senders
from settlement.operations.webhooks import endpoints
from tests.support.forms import fields_of, fill
from tests.support.running.endpoint import receiving


def secret_of(page):
    """What a page shows once."""
    assert page.status_code == 200, page.text
    (found,) = re.findall(r'aria-label="The secret">([^<]+)<', page.text)
    return found


def acts(world):
    return world.rows("SELECT actor, action, outcome FROM console_act ORDER BY id")


@pytest.fixture
def admin(make_office):
    """An admin at the console."""
    return make_office(webhooks={"private_addresses": True}).client("admin")


def change(client, path, to, **typed):
    """What a page's first form is sent with."""
    return client.post(
        f"/console{path}", data={**fields_of(client.get(f"/console{path}")), "to": to, **typed}
    )


def test_a_key_is_shown_once_and_opens_the_api_until_it_is_revoked(world, admin):
    senders.register_sender(world.store, "crm")
    page = admin.get("/console/new-key?source=crm")
    form = {**fields_of(page), "source": "crm", "scope": "read", "days": "30"}
    made = admin.post("/console/new-key", data=form)
    key = secret_of(made)
    api = {"Authorization": f"Bearer {key}"}
    assert admin.get("/v1/accounts", headers=api).status_code == 200
    # By a second click no second key, and the first one is not shown again.
    again = admin.post("/console/new-key", data=form)
    assert again.status_code == 409
    assert key not in again.text
    ((name, scopes),) = world.rows("SELECT id, scopes FROM api_key")
    assert scopes == ["read"]
    listed = admin.get("/console/keys").text
    assert name in listed
    assert key not in listed
    assert change(admin, f"/keys/{name}", "revoke", reason="").status_code == 422
    assert change(admin, f"/keys/{name}", "revoke", reason="left the company").status_code == 303
    assert world.one("SELECT revoked_at IS NOT NULL FROM api_key")
    assert acts(world) == [("admin", "create_key", "done"), ("admin", "revoke_key", "done")]
    assert key not in str(world.rows("SELECT * FROM console_act"))


@pytest.mark.parametrize(
    "typed", [{"scope": ""}, {"days": "0"}, {"days": "x"}, {"days": "99999"}, {"source": "no"}]
)
def test_a_key_that_makes_no_sense_is_not_made(world, admin, typed):
    senders.register_sender(world.store, "crm")
    response = fill(admin, "/new-key", **{"source": "crm", "scope": "read", **typed})
    assert response.status_code in (404, 422)
    assert world.one("SELECT count(*) FROM api_key") == 0


def test_a_sender_is_made_known_changed_and_ended(world, admin):
    assert (
        fill(admin, "/new-sender", source="crm", types="top_up\nrefund").headers["location"]
        == "/console/senders/crm"
    )
    assert "top_up, refund" in admin.get("/console/senders/crm").text
    refused = fill(admin, "/new-sender", source="crm", types="nonsense")
    assert refused.status_code == 422
    # What comes back is a form of its own: put right, it is done.
    assert (
        admin.post("/console/new-sender", data={**fields_of(refused), "types": "top_up"}).status_code == 303
    )
    assert world.one("SELECT event_types FROM sender") == ["top_up"]
    assert change(admin, "/senders/crm", "end", reason="no more").status_code == 303
    assert world.one("SELECT ended_at IS NOT NULL FROM sender")
    assert [row[1:] for row in acts(world)] == [
        ("register_sender", "done"), ("register_sender", "refused: unknown_type"), ("register_sender", "done"),
        ("end_sender", "done")
    ]  # fmt: skip


def test_what_is_named_like_a_page_has_its_own(world, admin):
    endpoints.add_endpoint(world.store, "add", "https://crm.example/hook")
    senders.register_sender(world.store, "new")
    assert "Endpoint add" in admin.get("/console/webhooks/add").text
    assert (
        change(admin, "/senders/new", "end", reason="no more").headers["location"] == "/console/senders/new"
    )
    assert world.one("SELECT ended_at IS NOT NULL FROM sender")


def test_an_endpoint_from_its_first_message_to_its_end(world, admin):
    with receiving() as receiver:
        secret = secret_of(fill(admin, "/new-endpoint", endpoint="crm", url=receiver.url, topics="bill.*"))
        assert secret.startswith("whsec_")
        tested = change(admin, "/webhooks/crm", "test")
        assert "The test message was sent. Response: 2" in tested.text
    assert change(admin, "/webhooks/crm", "pause", reason="moving").status_code == 303
    assert world.one("SELECT paused_because FROM webhook_endpoint") == "by_hand"
    assert change(admin, "/webhooks/crm", "resume").status_code == 303
    rotated = secret_of(change(admin, "/webhooks/crm", "rotate"))
    assert rotated not in ("", secret)
    assert change(admin, "/webhooks/crm", "remove", typed="cr").status_code == 422
    assert change(admin, "/webhooks/crm", "remove", typed="crm").headers["location"] == "/console/webhooks"
    assert world.one("SELECT count(*) FROM webhook_endpoint") == 0
    kept = str(world.rows("SELECT * FROM console_act"))
    assert secret not in kept
    assert rotated not in kept


def test_what_was_delivered_is_seen_to_its_content_and_delivered_again(world, things, make_office):
    client = make_office().client("operator")
    page = client.get("/console/webhooks/crm").text
    path = f"/webhooks/crm/deliveries/{things['{delivery:int}']}"
    assert path in page
    assert "&#34;account&#34;" in client.get(f"/console{path}").text
    announcement = re.findall(r"\d{10}-\d+", client.get(f"/console{path}").text)[0]
    again = change(client, "/webhooks/crm", "replay", **{"from": announcement, "to_id": announcement})
    assert "To be delivered again: 1 announcement" in again.text
    assert change(client, "/webhooks/crm", "replay", **{"from": "x", "to_id": "x"}).status_code == 422


@pytest.mark.parametrize("url", ["http://plain.example", "https://", "https://user@host.example", "nonsense"])
def test_an_address_that_makes_no_sense_is_not_added(world, make_office, url):
    client = make_office().client("admin")
    assert fill(client, "/new-endpoint", endpoint="crm", url=url).status_code == 422
    assert world.one("SELECT count(*) FROM webhook_endpoint") == 0


def test_deliveries_come_in_pages(things, make_office, monkeypatch):
    client = make_office().client("viewer")
    assert client.get("/console/webhooks/crm?after=nonsense").status_code == 400
    monkeypatch.setattr(webhooks, "_ROWS", 2)
    first = client.get("/console/webhooks/crm?waiting=true").text
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(f"/console/webhooks/crm{html.unescape(following)}").text
    numbers = [int(number) for page in (first, second) for number in re.findall(r"/deliveries/(\d+)", page)]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == 4

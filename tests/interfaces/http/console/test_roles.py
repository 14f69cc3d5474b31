"""Who may see and do what: by every page, every form and every role. Rule: R14.1."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, quote, urlsplit

from interfaces.http.console.actions import ACTIONS
from interfaces.http.console.pages.lists import LIST_PAGES
from interfaces.http.console.routes import FORMS, PAGES
from interfaces.http.console.tokens import new_event_id
from interfaces.http.routing import RawRoute
from settlement.model.policies.users import PERMISSIONS
from settlement.operations.inbox import senders
from tests.support.console.pages import at
from tests.support.forms import confirm, fields_of, fill

# Open to whoever is not signed in yet.
OPEN_PAGES = {"/login", "/link/{token}", "/oidc/begin", "/oidc/callback"}
OPEN_FORMS = {"/login", "/link/{token}", "/logout"}
# What comes as it goes; whoever may not is refused before it begins.
STREAMS = {"/runs/{run:int}/events", "/runs/dry-run/events"}
# Every other page needs the permission to read, but for these.
PAGES_NEED = {
    "/unified-settlements/new": "money",
    "/accounts/{account}/do/{action}": "money",
    "/bills/{account}/{cycle}/pay": "money",
    "/charges/{charge}/resolve": "money",
    "/refunds/{refund}/resolve": "money",
    "/work/replay/{code}": "operate",
    "/accounts/{account}/release": "operate",
    "/new-endpoint": "administer",
    "/keys": "administer",
    "/new-key": "administer",
    "/keys/{key}": "administer",
    "/new-sender": "administer",
    "/senders/{source}": "administer",
    "/users": "administer",
}
FORMS_NEED = {
    "/unified-settlements/new": "money",
    "/accounts/{account}/do/{action}": "money",
    "/bills/{account}/{cycle}/pay": "money",
    "/charges/{charge}/resolve": "money",
    "/refunds/{refund}/resolve": "money",
    "/approvals/{request:int}": "money",
    "/operations/{operation:int}": "operate",
    "/quarantine/{message:int}": "operate",
    "/work/replay/{code}": "operate",
    "/accounts/{account}/release": "operate",
    "/runs/{run:int}": "operate",
    "/webhooks/{endpoint}": "operate",
    "/new-endpoint": "administer",
    "/new-key": "administer",
    "/keys/{key}": "administer",
    "/new-sender": "administer",
    "/senders/{source}": "administer",
}
SENSELESS = (
    "/accounts/%00", "/bills/solo/2026-13", "/operations/99999999999999999999", "/runs/99999999999999999999",
    "/charges/x", "/bills?cycle=2026-13", "/bills?after=zzz", "/bills?nonsense=1", "/unified-settlements/a/b",
    "/accounts/solo/do/nothing", "/find?name=", "/accounts?limit=0", "/bills?account=%00",
)  # fmt: skip
REFUSED = (
    {"amount": "-1", "currency": "USD"}, {"amount": "1.234", "currency": "USD"}, {"amount": "", "currency": ""},
    {"amount": "1e99", "currency": "USD"}, {"amount": "5", "currency": "XXX"}, {"amount": "<b>", "currency": "USD"},
)  # fmt: skip


def listed():
    return {page.listing.path for page in LIST_PAGES}


def test_every_form_is_in_this_list():
    assert set(FORMS) == OPEN_FORMS | set(FORMS_NEED)
    assert set(PAGES_NEED) <= set(PAGES)


def test_every_page_and_form_is_for_those_who_may(things, make_office):
    office = make_office()
    nobody = office.server.client
    for path in (set(PAGES) - OPEN_PAGES) | listed() | {"/find"}:
        response = nobody.get(at(path, things))
        assert (response.status_code, "/console/login" in response.headers["location"]) == (303, True), path
    for path in set(FORMS) - OPEN_FORMS:
        assert nobody.post(at(path, things), data={"guard": "x"}).status_code == 303, path
    for role, permissions in PERMISSIONS.items():
        client = office.client(role)
        for path in (set(PAGES) - OPEN_PAGES - STREAMS) | listed():
            may = PAGES_NEED.get(path, "read") in permissions
            # By whoever it is: no charge is resolved whose outcome is known, no account released that is not parked.
            right = {200, 422} if path.endswith(("/resolve", "/release")) else {200}
            status = client.get(at(path, things)).status_code
            assert status in (right if may else {403}), (role, path, status)
        for path, needed in FORMS_NEED.items():
            response = client.post(at(path, things), data={"guard": "x"})
            assert response.status_code == 403
            of_another_session = "This form is from another session" in response.text
            assert of_another_session is (needed in permissions), (role, path)
        for action in ACTIONS.values():
            status = client.get(f"/console/accounts/solo/do/{action.id}").status_code
            assert status == (200 if "money" in permissions else 403), (role, action.id)


def test_a_name_that_nobody_has_leads_to_nothing(things, make_office):
    """Whatever is written into an address in the place of a name."""
    client = make_office().client("admin")
    for path in set(PAGES) - OPEN_PAGES:
        for name in [name for name in things if name in path]:
            for other in ("77777777", "%00", "..%2f..", "'") if ":int" not in name else ("77777777",):
                address = at(path, {**things, name: other})
                assert client.get(address).status_code in (400, 404), address


def test_no_page_hides_one_that_is_named():
    """Whatever somebody calls a thing, its page is that thing's."""
    fixed = [path for path in {*PAGES, *listed()} if "{" not in path]
    for path in {*PAGES, *FORMS}:
        if "{" in path:
            pattern = RawRoute(path, len).path_regex
            assert [other for other in fixed if pattern.fullmatch(other)] == []


def test_a_name_may_have_any_character_in_it(world, make_office):
    name = "team/east ?#%2f ü"
    world.open(name)
    world.fee(name, "5.00")
    senders.register_sender(world.store, "crm/eu")
    office = make_office()
    client = office.client("admin")
    found = re.findall(r'href="/console(/accounts/[^"]+)"', client.get("/console/accounts").text)
    assert found == [f"/accounts/{quote(name, safe='')}"]
    assert f"Account {html.escape(name)}" in client.get(f"/console{found[0]}").text
    assert client.get("/console/find", params={"name": name}).headers["location"] == f"/console{found[0]}"
    bill = f"/bills/{quote(name, safe='')}/2026-10"
    assert (
        client.get("/console/find", params={"name": f"{name}:2026-10"}).headers["location"]
        == f"/console{bill}"
    )
    assert client.get(f"/console{bill}").status_code == 200
    assert client.get("/console/senders/crm%2Feu").status_code == 200
    path = f"{found[0]}/do/top-up"
    assert confirm(client, path, fill(client, path, amount="3.00")).status_code == 303
    assert world.cash(name) == 300
    # Who has to sign in first comes back to it.
    wanted = office.server.client.get(f"/console{bill}").headers["location"]
    assert parse_qs(urlsplit(wanted).query)["next"] == [f"/console{bill}"]


def test_what_is_sent_to_a_name_that_nobody_has_does_nothing(things, world, make_office):
    client = make_office().client("admin")
    guard = guard_of(client)
    for path in FORMS_NEED:
        for name in [name for name in things if name in path]:
            data = {"guard": guard, "event": new_event_id(), "to": "pause", "reason": "none"}
            status = client.post(at(path, {**things, name: "77777777"}), data=data).status_code
            assert status in (400, 404, 409, 422), path
    assert world.one("SELECT count(*) FROM inbox WHERE source = 'console'") == 0


def test_who_may_operate_makes_no_secret_and_takes_nothing_away(things, world, make_office):
    client = make_office().client("operator")
    form = fields_of(client.get("/console/webhooks/crm"))
    for to in ("rotate", "remove"):
        response = client.post(
            "/console/webhooks/crm", data={**form, "to": to, "typed": "crm", "reason": "x"}
        )
        assert response.status_code == 403
    assert world.one("SELECT count(*) FROM webhook_endpoint") == 1


def test_a_form_of_another_session_is_not_taken(office, world):
    one, other = office.client("finance"), office.client("admin")
    form = {"guard": guard_of(other), "amount": "5", "currency": "USD"}
    assert one.post("/console/accounts/solo/do/top-up", data=form).status_code == 403
    assert world.cash("solo") == 0


def test_what_makes_no_sense_is_said_on_a_page(office, world):
    client = office.client("admin")
    for path in SENSELESS:
        response = client.get(f"/console{path}")
        assert response.status_code in (400, 404), path
        assert 'role="alert"' in response.text, path
    guard = guard_of(client)
    for data in REFUSED:
        response = client.post(
            "/console/accounts/solo/do/top-up", data={"guard": guard, "reason": "x", **data}
        )
        assert response.status_code == 422, data
        assert 'role="alert"' in response.text, data
        assert "<b>" not in response.text
    assert world.cash("solo") == 0


def guard_of(client):
    """What the forms of this session carry."""
    page = client.get("/console/accounts/solo/do/top-up").text
    return page.split('name="guard" value="')[1].split('"')[0]

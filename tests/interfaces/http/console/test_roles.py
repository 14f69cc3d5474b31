"""Who may see and do what: by every page, every form and every role. Rule: R14.1."""

from __future__ import annotations

from interfaces.http.console.actions import ACTIONS
from interfaces.http.console.routes import FORMS
from settlement.model.policies.users import PERMISSIONS

# A form by what it needs.
NEEDED = {
    "/unified-settlements/new": "money",
    "/accounts/solo/do/top-up": "money",
    "/bills/solo/2026-10/pay": "money",
    "/runs/1": "operate",
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


def test_every_form_is_in_this_list():
    names = {"{account}": "solo", "{cycle}": "2026-10", "{run:int}": "1", "{action}": "top-up"}
    found = set()
    for path in FORMS:
        for name, value in names.items():
            path = path.replace(name, value)  # noqa: PLW2901 - one name after the other
        found.add(path)
    assert found - set(NEEDED) == {"/login", "/link/{token}", "/logout"}


def test_pages_and_forms_are_for_those_who_may(office):
    for role, permissions in PERMISSIONS.items():
        client = office.client(role)
        for path, needed in NEEDED.items():
            response = client.post(f"/console{path}", data={"guard": "x"})
            assert response.status_code == 403
            of_another_session = "This form is from another session" in response.text
            assert of_another_session is (needed in permissions), (role, path)
        assert client.get("/console/users").status_code == (200 if role == "admin" else 403)
        for action in ACTIONS.values():
            response = client.get(f"/console/accounts/solo/do/{action.id}")
            assert response.status_code == (200 if action.permission in permissions else 403), (
                role,
                action.id,
            )


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
        response = client.post("/console/accounts/solo/do/top-up", data={"guard": guard, **data})
        assert response.status_code == 422, data
        assert 'role="alert"' in response.text, data
        assert "<b>" not in response.text
    assert world.cash("solo") == 0


def guard_of(client):
    """What the forms of this session carry."""
    page = client.get("/console/accounts/solo/do/top-up").text
    return page.split('name="guard" value="')[1].split('"')[0]

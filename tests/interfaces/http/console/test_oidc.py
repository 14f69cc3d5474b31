"""Signing in at an identity provider, over HTTP from the button to the page. Rule: R14.6."""

from __future__ import annotations

import httpx
import pytest
from joserfc.jwk import RSAKey

from interfaces.http.console import oidc
from settlement.operations import users
from tests.support.running.provider import CLIENT, SECRET
from tests.support.running.provider import provider as running

PASSWORD = "correct horse battery"
# A fixed one, seconds of the epoch: what is drawn while tests are collected differs from process to process.
LONG_AGO = 1_700_000_000


@pytest.fixture
def stand_in():
    """The provider."""
    with running() as it:
        yield it


@pytest.fixture
def serving(make_server, stand_in, monkeypatch):
    """Starts a server whose people sign in there, however slow this machine is."""
    monkeypatch.setattr(oidc, "TIMEOUT_S", 60.0)

    def start(**settings):
        provider = {
            "issuer": stand_in.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "new_users": True,
        }
        console = settings.pop("console", {})
        return make_server(oidc=provider | settings, console=console)

    return start


@pytest.fixture
def clients():
    """Browsers, closed at the end."""
    opened: list[httpx.Client] = []
    yield opened
    for client in opened:
        client.close()


def new_client(clients, server, **options):
    """A browser without cookies."""
    clients.append(httpx.Client(base_url=server.client.base_url, timeout=60, **options))
    return clients[-1]


def sign_in(server, clients, following="/console/bills"):
    """What a browser gets that follows the button to the provider and back; and the client that it is."""
    client = new_client(clients, server, follow_redirects=True)
    page = client.get("/console/oidc/begin", params={"next": following})
    return client, page


def test_the_button_leads_to_the_provider_and_back_to_the_page(serving, world, clients):
    server = serving()
    assert "Sign in with single sign-on" in server.client.get("/console/login").text
    client, page = sign_in(server, clients)
    assert page.status_code == 200
    assert "url=/console/bills" in page.text
    assert "mona, viewer" in client.get("/console/bills").text
    assert "settle_oidc" not in client.cookies
    assert world.rows("SELECT name, role, password IS NULL FROM console_user") == [("mona", "viewer", True)]
    # The same one again is no other user, whatever they are called by now.
    client, page = sign_in(server, clients)
    assert world.one("SELECT count(*) FROM console_user") == 1


def test_claims_give_the_role_that_may_most_each_time(serving, world, stand_in, clients):
    server = serving(roles={"money": "finance", "staff": "viewer"})
    stand_in.claims["groups"] = ["staff", "money", "others"]
    client, _ = sign_in(server, clients)
    assert "mona, finance" in client.get("/console").text
    stand_in.claims["groups"] = "staff"
    sign_in(server, clients)
    assert "mona, viewer" in client.get("/console").text
    stand_in.claims["groups"] = ["others"]
    _, page = sign_in(server, clients)
    assert page.status_code == 422
    assert "give no role here" in page.text


def test_only_who_is_linked_where_nobody_new_is_made(serving, world, stand_in, clients):
    server = serving(new_users=False)
    _, page = sign_in(server, clients)
    assert page.status_code == 422
    assert "is no user here" in page.text
    users.add_user(world.store, "anna", "finance", subject=f"{stand_in.issuer} u-1")
    client, _ = sign_in(server, clients)
    assert "anna, finance" in client.get("/console").text


def test_a_name_that_somebody_has_here_is_not_taken_over(serving, world, clients):
    server = serving()
    users.add_user(world.store, "mona", "admin", PASSWORD)
    _, page = sign_in(server, clients)
    assert page.status_code == 422
    assert world.one("SELECT subject FROM console_user") is None


def test_who_is_disabled_stays_out(serving, world, clients):
    server = serving()
    client, _ = sign_in(server, clients)
    users.disable_user(world.store, "mona")
    assert client.get("/console", follow_redirects=False).status_code == 303
    _, page = sign_in(server, clients)
    assert page.status_code == 422


@pytest.mark.parametrize(
    "spoil",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["another"]}, {"nonce": "another"},
        {"nonce": None}, {"exp": LONG_AGO}, {"exp": None}, {"sub": None}, {"azp": "another"},
        {"iat": None}, {"aud": None}, {"iss": None}, {"sub": 5}, {"sub": ["u-1"]}, {"sub": ""},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_for_us_and_now_is_not_taken(serving, world, stand_in, spoil, clients):
    server = serving()
    stand_in.spoil = spoil
    client, page = sign_in(server, clients)
    assert page.status_code == 422
    assert "settle_session" not in client.cookies
    assert world.one("SELECT count(*) FROM console_user") == 0


def test_a_token_that_another_key_signed_is_not_taken(serving, world, stand_in, clients):
    server = serving()
    stand_in.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert sign_in(server, clients)[1].status_code == 422
    assert world.one("SELECT count(*) FROM console_user") == 0


def test_what_was_begun_elsewhere_is_not_finished_here(serving, stand_in, clients):
    """Somebody sends their own code to another's browser."""
    server = serving()
    begun = server.client.get("/console/oidc/begin").headers["location"]
    back = httpx.get(begun, follow_redirects=False).headers["location"]
    other = new_client(clients, server)
    assert other.get(back).status_code == 422
    other.get("/console/oidc/begin")
    assert other.get(back).status_code == 422
    assert "settle_session" not in other.cookies
    # Nor is a code good twice.
    assert server.client.get(back).status_code == 200
    assert server.client.get(back).status_code == 422


def test_a_provider_that_refuses_or_is_another_one_is_said_on_the_page(serving, stand_in, clients):
    server = serving()
    stand_in.refuses = "access_denied"
    assert "access_denied" in sign_in(server, clients)[1].text
    stand_in.calls_itself = "https://evil.example"
    other = serving()
    page = sign_in(other, clients)[1]
    assert page.status_code == 503
    assert "https://evil.example" in page.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization_endpoint", None), ("authorization_endpoint", 7), ("authorization_endpoint", "nonsense"),
        ("token_endpoint", None), ("token_endpoint", "ftp://idp.example/x"), ("jwks_uri", None),
        ("jwks_uri", "http://["), ("jwks_uri", "https://:443/x"),
    ],
)  # fmt: skip
def test_a_provider_whose_description_of_itself_is_none_is_said_on_the_page(
    serving, stand_in, clients, name, value
):
    stand_in.says = {name: value}
    _, page = sign_in(serving(), clients)
    assert page.status_code == 503
    assert f"has no {name} that is a web address" in page.text


@pytest.mark.parametrize(
    "keys", [{"none": 1}, {"keys": 7}, {"keys": ["x"]}, {"keys": [{"kty": "none"}]}], ids=str
)
def test_keys_that_are_none_are_said_on_the_page(serving, world, stand_in, clients, keys):
    stand_in.gives_as_keys = keys
    _, page = sign_in(serving(), clients)
    assert page.status_code == 503
    assert "is no set of keys" in page.text
    assert world.one("SELECT count(*) FROM console_user") == 0


def test_passwords_may_be_switched_off(serving, world, clients):
    server = serving(console={"local_login": False})
    users.add_user(world.store, "anna", "finance", PASSWORD)
    assert "Password" not in server.client.get("/console/login").text
    response = server.client.post("/console/login", data={"name": "anna", "password": PASSWORD})
    assert response.status_code == 403
    assert sign_in(server, clients)[1].status_code == 200
    # Whoever has a shell gets in when the provider is away.
    token = users.login_link(world.store, "anna")
    assert server.client.post(f"/console/link/{token}").status_code == 303


def test_without_a_provider_there_is_no_way_to_one(server):
    assert server.client.get("/console/oidc/begin").status_code == 404
    assert "Sign in with" not in server.client.get("/console/login").text

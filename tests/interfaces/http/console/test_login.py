"""Signing in and out. Rule: R14.1."""

from __future__ import annotations

import httpx
import pytest

from settlement.operations import users

PASSWORD = "correct horse battery"


@pytest.fixture
def people(server):
    """Users of every role, with one password."""
    for role in ("viewer", "finance", "operator", "admin"):
        users.add_user(server.runtime.store, role, role, PASSWORD)
    return server


def sign_in(server, name, password=PASSWORD, **more):
    return server.client.post("/console/login", data={"name": name, "password": password, **more})


def test_nobody_sees_a_page(server):
    for path in ("", "/bills", "/accounts/a1", "/bills/a1/2026-10", "/work", "/users", "/operations/1"):
        response = server.client.get(f"/console{path}")
        assert response.status_code == 303
        assert response.headers["location"].startswith("/console/login")


def test_a_password_signs_in_and_out_again(people):
    assert sign_in(people, "finance").headers["location"] == "/console"
    page = people.client.get("/console")
    assert page.status_code == 200
    guard = page.text.split('name="guard" value="')[1].split('"')[0]
    assert people.client.post("/console/logout", data={"guard": guard}).status_code == 303
    assert people.client.get("/console").status_code == 303


def test_a_wrong_password_says_no_more_than_a_wrong_name(people):
    wrong = [sign_in(people, "finance", "not this one"), sign_in(people, "nobody", "not this one")]
    assert [response.status_code for response in wrong] == [422, 422]
    assert all("the name or the password is not right" in response.text for response in wrong)


def test_after_five_wrong_passwords_the_right_one_waits_too(people):
    for _ in range(5):
        sign_in(people, "finance", "not this one")
    assert sign_in(people, "finance").status_code == 429


def test_a_link_signs_in_once(people):
    token = users.login_link(people.runtime.store, "viewer")
    assert people.client.get(f"/console/link/{token}").status_code == 200
    assert people.client.post(f"/console/link/{token}").headers["location"] == "/console"
    assert people.client.get("/console").status_code == 200
    assert people.client.post(f"/console/link/{token}").status_code == 422


def test_who_is_disabled_is_out_at_once(people):
    sign_in(people, "finance")
    users.disable_user(people.runtime.store, "finance")
    assert people.client.get("/console").status_code == 303
    assert sign_in(people, "finance").status_code == 422


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_form_of_another_site_is_not_taken(people, headers):
    sign_in(people, "finance")
    response = people.client.post("/console/logout", data={"guard": "x"}, headers=headers)
    assert response.status_code == 403


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/console\\evil", "/console/../x\r\n"]
)
def test_signing_in_leads_to_a_page_of_ours(people, wanted):
    location = sign_in(people, "finance", next=wanted).headers["location"]
    assert location == "/console" or location.startswith("/console/")
    assert "evil" not in location or location.startswith("/console")


def test_nothing_is_loaded_from_elsewhere(people):
    sign_in(people, "finance")
    response = people.client.get("/console")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "http" not in response.text.replace("http-equiv", "").split("<main")[0].split("</title>")[1]
    assert isinstance(response, httpx.Response)


def test_of_what_opens_something_only_digests_are_kept(people, world):
    sign_in(people, "finance")
    token = people.client.cookies["settle_session"]
    link = users.login_link(people.runtime.store, "viewer")
    kept = str(world.rows("SELECT * FROM console_user")) + str(
        world.rows("SELECT encode(digest, 'escape') FROM console_session")
    )
    assert not any(secret in kept for secret in (PASSWORD, token, link))

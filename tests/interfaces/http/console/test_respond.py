"""A fault of ours is a page with an id for whoever runs the server, and says what may have been done."""

from __future__ import annotations

import re

import pytest

from interfaces.http.console.context import Console
from interfaces.http.console.pages import forms
from settlement.queries import accounts
from tests.support.forms import confirm, fill

TOP_UP = "/accounts/solo/do/top-up"


def broken(*_: object, **__: object) -> None:
    raise KeyError("planted")


@pytest.fixture
def failed():
    """The page after a fault, with the id that its header has too."""

    def check(page):
        assert page.status_code == 500
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "A fault of the server" in page.text
        assert page.headers["x-request-id"] in page.text
        assert "planted" not in page.text
        assert "KeyError" not in page.text
        return page.text

    return check


def test_a_fault_while_a_page_is_read_is_a_page_with_a_way_back(office, failed, monkeypatch):
    monkeypatch.setattr(accounts, "account", broken)
    text = failed(office.client("finance").get("/console/accounts/solo"))
    assert "Nothing was booked" in text
    assert 'aria-label="Pages"' in text
    assert re.search(r'href="/console">To the overview', text)


def test_after_a_fault_of_an_act_its_page_says_that_it_may_have_been_done(office, failed, monkeypatch):
    client = office.client("finance")
    preview = fill(client, TOP_UP, amount="5.00", currency="USD", reason="bank transfer")
    monkeypatch.setattr(forms, "deliver", broken)
    text = failed(confirm(client, TOP_UP, preview))
    assert "may have been done, or not" in text
    assert "Nothing was booked" not in text
    assert 'href="/console/acts"' in text


def test_a_fault_of_what_every_page_has_is_a_page_too(office, failed, monkeypatch):
    client = office.client("finance")
    monkeypatch.setattr(Console, "page", broken)
    failed(client.get("/console/accounts/solo"))

"""A list that is not whole on its page says so. Rule: R14.4."""

from __future__ import annotations

import pytest

from interfaces.http.console.pages import bills, settlements
from interfaces.http.console.pages.programs import keys

CUT = "there are more"


@pytest.mark.parametrize(
    ("module", "name", "path"),
    [
        (bills, "MOST_ROWS", "/bills/acme-east/2026-10"),
        (settlements, "MOST_MEMBERS", "/unified-settlements/new?main=acme-hq"),
        (settlements, "MOST_LISTED", "/unified-settlements/new?main=acme-hq"),
        (keys, "_MOST_ROWS", "/keys"),
    ],
)
def test_what_is_left_out_is_named(things, make_office, monkeypatch, module, name, path):
    client = make_office().client("admin")
    notes = (CUT, "not all of them are here")
    assert not any(one in client.get(f"/console{path}").text for one in notes)
    monkeypatch.setattr(module, name, 0 if name != "MOST_MEMBERS" else 1)
    assert any(one in client.get(f"/console{path}").text for one in notes)

"""Differences from gateways' books, as many as there are: page by page, as CSV, and in the console. Rule: R12.5."""

from __future__ import annotations

import csv
import io
import re

import psycopg
import pytest

MANY = 1_001
_INSERT = """
    INSERT INTO reconciliation_difference (gateway, kind, reference, gateway_ref, currency, theirs_minor, found_at)
    SELECT 'card', CAST(CASE n %% 2 WHEN 0 THEN 'missing_here' ELSE 'charged_twice' END AS difference_kind),
           'settle-' || n / 4, 'ch_' || n %% 4, 'USD', n,
           timestamptz '2026-11-01 00:00Z' + interval '1 hour' * (n / 1000)
    FROM generate_series(1, %s) n"""


@pytest.fixture
def office(make_office, shared_owner_url):
    """A thousand differences and one, all but two of which one comparison found."""
    with psycopg.connect(shared_owner_url, autocommit=True) as owner:
        owner.execute(_INSERT, [MANY])
    return make_office()


def _found(rows):
    return [(row["charge"], row["gateway_ref"], row["kind"]) for row in rows]


def test_every_difference_is_listed_once_by_each_way(office):
    read = office.server.caller("bi", "read")
    paged: list[tuple[str, str, str]] = []
    query: str | None = "limit=300"
    while query:
        page = read("GET", f"/differences?{query}").json()
        assert len(page["differences"]) <= 300
        paged += _found(page["differences"])
        query = page["next"] and f"limit=300&after={page['next']}"
    assert len(set(paged)) == len(paged) == MANY
    whole = csv.DictReader(io.StringIO(read("GET", "/differences", Accept="text/csv").text))
    assert _found(whole) == paged
    viewer = office.client("viewer")
    shown = csv.DictReader(io.StringIO(viewer.get("/console/differences?format=csv").text))
    assert _found(shown) == paged
    seen: list[str] = []
    address: str | None = "?limit=500"
    while address:
        text = viewer.get(f"/console/differences{address}").text
        seen += re.findall(r"settle-\d+", text)
        following = re.search(r'href="(\?[^"]*after=[^"]*)"', text)
        address = following and following[1].replace("&amp;", "&")
    assert [reference for reference, _, _ in paged] == seen


@pytest.mark.parametrize(
    "cursor", ["WyJ4IiwiYSIsImIiLCJjIiwiZCJd", "WyIyMDI2LTExLTAxVDAwOjAwOjAwWiIsImEiLCJiIiwiYyIsImQiXQ"]
)
def test_a_cursor_of_no_difference_is_refused(office, cursor):
    assert office.server.caller("bi", "read")("GET", f"/differences?after={cursor}").status_code == 400

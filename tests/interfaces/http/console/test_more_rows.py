"""What is more than a page holds is reached page by page; what people did, by whom and about what. Rule: R14.4."""

from __future__ import annotations

import re

from interfaces.http.console.pages import work
from settlement.operations.acts import Act, note_act


def instants(page: str) -> list[tuple[str, str]]:
    return re.findall(r'data-of="job"[^>]*>([^<]+)</td><td[^>]*><time datetime="([^"]+)"', page)


def following(page: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]+)"', page)
    return None if found is None else found[1].replace("&amp;", "&")


def test_all_scheduled_instants_are_reached_and_each_once(office, world):
    client = office.client("viewer")
    whole = instants(client.get("/console/slots?limit=1000").text)
    assert len(whole) == world.one("SELECT count(*) FROM schedule_slot")
    path: str | None = "?limit=3"
    found: list[tuple[str, str]] = []
    while path is not None:
        page = client.get(f"/console/slots{path}").text
        found += instants(page)
        path = following(page)
    assert found == whole
    assert "/console/slots" in client.get("/console/work").text


def test_acts_are_listed_by_who_and_by_account_page_by_page(office, world, monkeypatch):
    for number in range(3):
        note_act(world.store, Act("mona", "finance", "top_up", "solo", f"why {number}"))
        note_act(world.store, Act("lena", "finance", "refund", "creditor", f"because {number}"))
    monkeypatch.setattr(work, "_ACTS_ROWS", 2)
    client = office.client("viewer")
    first = client.get("/console/acts?actor=mona").text
    assert re.findall("why ([0-9])", first) == ["2", "1"]
    second = client.get(f"/console/acts{following(first)}").text
    assert re.findall("why ([0-9])", second) == ["0"]
    assert following(second) is None
    assert "why 0" not in client.get("/console/acts?account=creditor").text
    assert client.get("/console/acts?after=x").status_code == 400


def test_a_statement_is_found_by_account_and_month_and_taken_as_csv(office):
    client = office.client("viewer")
    assert 'href="/console/statements"' in client.get("/console").text
    chosen = client.get("/console/statements?account=solo&cycle=2026-10")
    assert chosen.headers["location"] == "/console/accounts/solo/statements/2026-10"
    page = client.get(chosen.headers["location"])
    assert 'href="?format=csv"' in page.text
    lines = client.get(f"{chosen.headers['location']}?format=csv").text.splitlines()
    assert lines[0].startswith("account,")
    assert len(lines) > 2
    assert client.get("/console/statements?account=nobody&cycle=2026-10").status_code in (404, 422)
    assert client.get("/console/statements?account=solo&cycle=2026-13").status_code == 422

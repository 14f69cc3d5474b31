"""Charts have a table beside them, with what they draw; what they are of may be away. Rule: R14.4."""

from __future__ import annotations

import re

import pytest

from interfaces.http.console.pages import work

PATHS = ("", "/work", "/runs/1")


@pytest.fixture
def client(office):
    return office.client("viewer")


def test_every_chart_has_a_table(client, monkeypatch):
    monkeypatch.setattr(work, "depths_now", lambda _: {"events": 12, "upkeep": 3})
    found = 0
    for path in PATHS:
        page = client.get(f"/console{path}").text
        captions = re.findall(r"<caption>([^<]+)</caption>", page)
        for title in re.findall(r'<svg class="chart"[^>]* aria-label="([^"]+)"', page):
            assert any(title.startswith(caption) for caption in captions), (path, title)
            found += 1
        assert page.count('<svg class="chart"') == len(
            re.findall(r'<svg class="chart"[^>]* aria-label=', page)
        )
    # Months, ages and sources; queues; progress.
    assert found == 5


def test_each_queue_has_its_bar_and_its_figure(client, monkeypatch):
    monkeypatch.setattr(work, "depths_now", lambda _: {"events": 12, "upkeep": 3})
    page = client.get("/console/work/now").text
    assert "<title>events: 12 messages</title>" in page
    assert re.search(r">upkeep</td><td[^>]*>3</td>", page)


def test_a_broker_that_is_away_is_named_and_the_page_comes(make_office):
    client = make_office(broker_url="redis://127.0.0.1:1/0").client("viewer")
    page = client.get("/console/work")
    assert page.status_code == 200
    assert "The broker is away" in page.text


def test_what_paid_is_drawn_by_source(client):
    page = client.get("/console?cycle=2026-10").text
    assert re.search(r"<title>cash: [\d,.]+ USD</title>", page)

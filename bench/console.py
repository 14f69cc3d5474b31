"""The console's pages over very many bills: how long a person waits for the overview and for lists of bills."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.place.place import Place
from bench.place.serving import serving
from settlement.operations import users
from settlement.operations.schedule.bill_sums import count_bills

_BILLS = Path(__file__).with_name("console.sql")
# Each account has a bill of each of these months, the last of which collects fees.
MONTHS = 6
_NAME, _PASSWORD = "bench", "correct horse battery"
# What is looked at, by what it is called in the results. `{middle}`: the account in the middle.
PAGES = {
    "overview": "/console",
    "overview of a month": "/console?cycle=2026-08",
    "bills": "/console/bills",
    "bills, a page in the middle": "/console/bills?after={after}",
    "unsettled bills of the last month": "/console/bills?cycle=2026-10&state=unsettled",
    "bills of a month without any": "/console/bills?cycle=2020-01",
    "bills of an account": "/console/bills?account={middle}",
}


def measure(place: Place, bills: int, *, repeats: int) -> dict[str, Any]:
    """Milliseconds of each page over HTTP, one request after the other; and of counting the sums."""
    accounts = bills // MONTHS
    with place.server.database("console") as name:
        with (
            psycopg.connect(place.server.admin_url(name)) as connection,
            place.progress.bar(f"{bills:,} bills: load", None),
        ):
            connection.execute("SET session_replication_role = replica")
            for statement in _BILLS.read_text().split(";\n"):
                connection.execute(statement.replace(":accounts", str(accounts)).encode())
        place.server.settle_down(name)
        with place.store(name) as store:
            began = time.perf_counter()
            count_bills(store)
            counted_s = time.perf_counter() - began
            users.add_user(store, _NAME, "viewer", _PASSWORD)
        with serving(place, name) as url, _visitor(url) as client:
            pages = {page: _timed(client, path, accounts, repeats) for page, path in PAGES.items()}
    return {
        "bills": accounts * MONTHS,
        "repeats": repeats,
        "counted_s": round(counted_s, 2),
        "pages": pages,
        "p95_worst_ms": max(found["p95_ms"] for found in pages.values()),
    }


@contextmanager
def _visitor(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=120) as client:
        client.post("/console/login", data={"name": _NAME, "password": _PASSWORD})
        yield client


def _timed(client: httpx.Client, path: str, accounts: int, repeats: int) -> dict[str, float]:
    middle = f"acct-{accounts // 2}"
    path = path.replace("{middle}", middle)
    if "{after}" in path:
        first = client.get(f"/console/bills?account={middle}&limit=1")
        path = path.replace("{after}", first.text.partition("after=")[2].partition('"')[0])
    took_ms = []
    for _ in range(repeats):
        began = time.perf_counter()
        response = client.get(path)
        took_ms.append((time.perf_counter() - began) * 1000)
        if response.status_code != 200:
            raise AssertionError(f"{path}: {response.status_code}")
    return {
        "p50_ms": round(statistics.median(took_ms), 1),
        "p95_ms": round(statistics.quantiles(took_ms, n=20)[-1], 1),
        "max_ms": round(max(took_ms), 1),
    }

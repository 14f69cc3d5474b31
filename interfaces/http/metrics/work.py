"""Metrics of runs, calls in doubt, and what waits by where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from interfaces.http.metrics.exposition import Family, gauge, labelled
from settlement.queries.operating import figures
from settlement.queries.operating.figures import Waiting


def families(tx: Connection, at: datetime) -> Iterator[Family]:
    """Runs that are not done; charges, refunds and disputes in doubt; differences with gateways; depth and oldest age
    of each way in and out.
    """
    yield from _runs(tx)
    yield labelled(
        "settle_in_doubt", "Charges and refunds without an answer, and open disputes, by age.", ("kind", "age"),
        figures.in_doubt(tx, at).items(),
    )  # fmt: skip
    found = figures.differences(tx, at)
    yield labelled(
        "settle_gateway_differences",
        "Open differences with gateways' books, by gateway and kind.",
        ("gateway", "kind"),
        _numbers(found),
    )
    yield labelled(
        "settle_gateway_differences_oldest_seconds",
        "How long ago the oldest of them was found.",
        ("gateway", "kind"),
        _ages(found),
    )
    found = figures.inbox(tx)
    yield labelled(
        "settle_inbox_waiting",
        "Events that wait, by ingress and source.",
        ("door", "source"),
        _numbers(found),
    )
    yield labelled(
        "settle_inbox_waiting_oldest_seconds", "Age of the oldest of them.", ("door", "source"), _ages(found)
    )
    found = figures.webhooks_out(tx, at)
    yield labelled(
        "settle_webhooks_out_waiting",
        "Announcements to deliver, by endpoint.",
        ("endpoint",),
        _numbers(found),
    )
    yield labelled(
        "settle_webhooks_out_waiting_oldest_seconds",
        "Age of the oldest of them.",
        ("endpoint",),
        _ages(found),
    )
    found = figures.webhooks_in(tx)
    yield labelled(
        "settle_webhooks_in_waiting",
        "Webhooks of gateways to read, by gateway.",
        ("gateway",),
        _numbers(found),
    )
    yield labelled(
        "settle_webhooks_in_waiting_oldest_seconds", "Age of the oldest of them.", ("gateway",), _ages(found)
    )


def _runs(tx: Connection) -> Iterator[Family]:
    found = figures.open_runs(tx)
    going = found[False]
    yield labelled(
        "settle_runs",
        "Runs that are not done.",
        "state",
        [("running", going.runs), ("paused", found[True].runs)],
    )
    yield gauge("settle_run_accounts", "Accounts of the runs that go.", going.accounts)
    yield gauge("settle_run_accounts_done", "Those of them that are done.", going.accounts_done)


def _numbers(rows: list[Waiting]) -> list[tuple[tuple[str, ...], int]]:
    return [(row.names, row.number) for row in rows]


def _ages(rows: list[Waiting]) -> list[tuple[tuple[str, ...], float]]:
    return [(row.names, max(0.0, row.oldest_s)) for row in rows]

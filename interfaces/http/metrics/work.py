"""Metrics of runs, calls in doubt, and what waits by where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from interfaces.http.metrics.exposition import Family, gauge, labelled
from settlement.queries.operating import figures
from settlement.queries.operating.figures import Waiting


def families(tx: Connection, at: datetime) -> Iterator[Family]:
    """Runs that are not done; charges, refunds and disputes in doubt; depth and oldest age of each way in and out."""
    yield from _runs(tx)
    yield labelled(
        "settle_in_doubt", "Charges and refunds without an answer, and open disputes, by age.", ("kind", "age"),
        figures.in_doubt(tx, at).items(),
    )  # fmt: skip
    yield from _waiting("settle_inbox", "Events that wait", ("door", "source"), figures.inbox(tx))
    yield from _waiting(
        "settle_webhooks_out", "Announcements to deliver", ("endpoint",), figures.webhooks_out(tx, at)
    )
    yield from _waiting(
        "settle_webhooks_in", "Webhooks of gateways to read", ("gateway",), figures.webhooks_in(tx)
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


def _waiting(name: str, meaning: str, labels: tuple[str, ...], rows: list[Waiting]) -> Iterator[Family]:
    yield labelled(f"{name}_waiting", f"{meaning}, by {' and '.join(labels)}.", labels,
                   [(row.names, row.number) for row in rows])  # fmt: skip
    yield labelled(f"{name}_waiting_oldest_seconds", "Age of the oldest of them.", labels,
                   [(row.names, max(0.0, row.oldest_s)) for row in rows])  # fmt: skip

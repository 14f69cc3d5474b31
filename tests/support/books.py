"""A small billing world driven through the public doors: events in, months closed, one step at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.inbox.receive import receive_events
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.tick import run_due
from settlement.storage.store import Store, engine_of
from tests.support.arrival import arrive_at


def utc(text: str) -> datetime:
    """`"2026-10-05"` or `"2026-11-02T04:00"` as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Books:
    """Sends events and lets time pass. `at` is the present instant."""

    def __init__(self, store: Store, *, at: datetime, policy: Policy | None = None) -> None:
        self.store = store
        self.at = at
        self.policy = policy or Policy()
        self._numbers = itertools.count(1)
        self._sent: list[dict[str, Any]] = []

    def send(self, kind: str, account: str, /, **data: Any) -> None:
        """One event, on its way to the inbox."""
        event_id = f"e{next(self._numbers)}"
        self._sent.append(
            {"source": "books", "event_id": event_id, "type": kind, "account": account, "data": data}
        )

    def receive(self) -> None:
        """Everything sent so far reaches the inbox; nothing of it may be known or malformed."""
        sent, self._sent = self._sent, []
        arrive_at(self.store, self.at)
        assert receive_events(self.store, sent, ingress="test").accepted == len(sent)

    def drain(self) -> None:
        """Handles what was sent; every event must be accepted."""
        self.receive()
        assert drain_all(self.store, clock=lambda: self.at, policy=self.policy).refused == 0

    def event(self, kind: str, account: str, /, **data: Any) -> None:
        """One event, handled and accepted."""
        self.send(kind, account, **data)
        self.drain()

    def open(self, account: str, currency: str = "USD", cash: str = "0", **data: Any) -> None:
        """An account with an opening balance."""
        self.event("account_opened", account, currency=currency, opening_cash=cash, **data)

    def fee(
        self, account: str, amount: str, product: str = "ECS", currency: str = "USD", **more: Any
    ) -> None:
        """One fee, incurred now unless `incurred_at` says otherwise."""
        incurred_at = more.pop("incurred_at", self.at.isoformat())
        fee = {
            "id": f"f{next(self._numbers)}", "amount": amount, "currency": currency, "product": product,
            "incurred_at": incurred_at, **more,
        }  # fmt: skip
        self.event("fees", account, fees=[fee])

    def until(self, at: str) -> None:
        """Lets time pass and everything happen that was due by then."""
        self.at = utc(at)
        run_due(
            self.store,
            clock=lambda: self.at,
            policy=self.policy,
            drain_limits=DrainLimits(),
            month_close_limits=MonthCloseLimits(),
        )


_GUARDED = ("ledger_transfer", "repayment", "repayment_line", "fee")
_PLANTING = """
    CREATE FUNCTION pg_temp.of(asked text) RETURNS bigint LANGUAGE sql AS
        'SELECT id FROM account WHERE external_id = asked';
    CREATE FUNCTION pg_temp.drop_constraints(named regclass) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE found record;
    BEGIN
        FOR found IN SELECT conname FROM pg_constraint WHERE conrelid = named AND contype IN ('c', 'f') LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', named, found.conname);
        END LOOP;
    END $$"""


class Tampered(Store):
    """The database as a role sees it in one transaction that is never committed: a place to plant faults in."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        yield self.connection

    def plant(self, statements: str) -> None:
        """Changes what the worker's role may not, and the owner only with the guards down; each must meet a row."""
        for table in _GUARDED:
            self.connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.write(statements)
        for table in _GUARDED:
            self.connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    def write(self, statements: str) -> None:
        """Changes what this role may; each must meet a row."""
        for statement in statements.strip().split(";\n"):
            assert self.connection.exec_driver_sql(statement.replace("%", "%%")).rowcount != 0


@contextmanager
def tampered(url: str) -> Iterator[Tampered]:
    """A transaction for planting faults, as the owner or as the worker's role, undone at the end."""
    engine = engine_of(url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(_PLANTING.replace("%", "%%"))
            yield Tampered(connection)
            connection.rollback()
    finally:
        engine.dispose()


def cycle(text: str) -> Cycle:
    """`"2026-10"` as a cycle."""
    return Cycle(int(text.replace("-", "")))

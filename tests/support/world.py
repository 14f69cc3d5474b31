"""A deployment in miniature: a real database, a settable clock, events in and money out, all through public doors."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event as sa_event
from sqlalchemy import text

from settlement.gateways.port import Gateway
from settlement.model.arrival import Received
from settlement.model.cycle import parse_cycle
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallLimits, CallReport
from settlement.operations.gateway.refunds import inquire_about_refunds, send_refunds
from settlement.operations.inbox.drain import DrainLimits, DrainResult, drain_all
from settlement.operations.inbox.receive import receive_events
from settlement.operations.reports.audit import audit
from settlement.operations.schedule.month_close import MonthCloseLimits, start_month_close
from settlement.operations.schedule.runs import work_run
from settlement.operations.schedule.tick import run_due
from settlement.storage.sql import copy as storage_copy
from settlement.storage.store import Store, driver_cursor
from tests.support.arrival import arrive_at
from tests.support.builders import POLICY, utc

# Every table that money or events show in, without surrogate ids of no meaning and without wall-clock times.
_IMAGE = {
    "account": """external_id, currency, cash_minor, credit_limit_minor, frozen_minor, parked_reason,
        transferred_in_minor, returnable_minor, held_minor""",
    "billing_relationship": "main_id, member_id, state",
    "bill_payment": "account_id, external_id, cycle, total_minor, balance_minor, channel, state, reason",
    "unified_settlement": "main_id, external_id, state, rounds, deleted_at IS NULL",
    "unified_line": "settlement_id, account_id, cycle, line_no, listed_minor, paid_minor, state",
    "write_off_hold": "account_id, reason, ref",
    "fee": "account_id, fee_key, cycle, amount, product, late",
    "bill": """account_id, cycle, state, accrued, carried_in, payable_minor, dropped, carried_out, paid_minor,
        issued_at, reserved_minor""",
    "bill_line": "account_id, cycle, product, order_id, single_month, accrued, card_paid_minor",
    "stored_value_card": "account_id, external_id, balance_minor",
    "credit_refund": "account_id, cycle, remaining_minor",
    "charge_attempt": "account_id, attempt_no, state, charged_minor, refunded_minor, reversed_minor",
    "gateway_refund": "account_id, refund_no, attempt_no, amount_minor, state",
    "gateway_reversal": "account_id, reversal_no, gateway_ref, kind, attempt_no, state, funds, taken_minor, owed_minor",
    "repayment": "account_id, cycle, cause, amount_minor, paid_at",
    "repayment_line": "account_id, cycle, cause, line_no, source, source_id, amount_minor",
    "ledger_transfer": "account_id, debit, debit_ref, credit, credit_ref, amount_minor, cause, posted_at",
    # A run is numbered anew when the process that began it died; the number means nothing.
    "outbox": "account_id, topic, CAST(payload AS text), split_part(correlation_id, ':', 1)",
    "inbox": "source, event_id, state, reason_code, conflict_of, attempts",
}


class World:
    """Accounts, events and months of one database. `at` is the present instant of everything it does.

    `alone`: whoever handles events beside it holds this meanwhile, so that what it sent is handled when it goes on.
    """

    def __init__(
        self, database: str | Store, *, at: str = "2026-10-05 00:00", policy: Policy = POLICY
    ) -> None:
        self.store = database if isinstance(database, Store) else Store(database, pool_size=5)
        self.policy = policy
        self.now = utc(at)
        self.numbers: Iterator[int] = itertools.count(1)
        self.alone = threading.Lock()

    def at(self, text_: str) -> World:
        """Lets time pass to an instant (UTC)."""
        self.now = utc(text_)
        return self

    # ------------------------------------------------------------------------------------------- events
    def message(self, kind: str, account: str, /, **data: Any) -> dict[str, Any]:
        """An event with an id of its own."""
        return {
            "source": "world", "event_id": f"e{next(self.numbers)}", "type": kind, "account": account, "data": data
        }  # fmt: skip

    def receive(self, *messages: Any) -> Received:
        """Into the inbox, not handled yet. They arrive at the present instant of this world."""
        arrive_at(self.store, self.now)
        return receive_events(self.store, messages, ingress="test")

    def drain(self, **limits: int) -> DrainResult:
        """Handles what waits."""
        with self.alone:
            return drain_all(
                self.store, clock=lambda: self.now, policy=self.policy, limits=DrainLimits(**limits)
            )

    def send(self, kind: str, account: str, /, **data: Any) -> DrainResult:
        """One event, handled at once."""
        self.receive(self.message(kind, account, **data))
        return self.drain()

    def open(self, *accounts: str, **data: Any) -> None:
        """Accounts in USD."""
        self.receive(
            *(self.message("account_opened", name, **({"currency": "USD"} | data)) for name in accounts)
        )
        assert self.drain().refused == 0

    def top_up(self, account: str, amount: str) -> DrainResult:
        """Money in USD."""
        return self.send("top_up", account, amount=amount, currency="USD")

    def fee(
        self, account: str, amount: str, incurred_at: str = "2026-10-15T00:00:00Z", **more: Any
    ) -> DrainResult:
        """One fee in USD."""
        plain = {"id": f"f{next(self.numbers)}", "amount": amount, "currency": "USD", "product": "ECS"}
        return self.send("fees", account, fees=[plain | {"incurred_at": incurred_at} | more])

    def tie(self, main: str, *members: str) -> None:
        """Valid billing relationships."""
        for member in members:
            self.receive(
                self.message("relationship_requested", main, member=member),
                self.message("relationship_accepted", member, main=main),
            )
        assert self.drain().refused == 0

    # ------------------------------------------------------------------------------------------- time
    def tick(self, *, range_size: int = 1000) -> None:
        """Everything that is due now."""
        with self.alone:
            run_due(
                self.store,
                clock=lambda: self.now,
                policy=self.policy,
                drain_limits=DrainLimits(),
                month_close_limits=MonthCloseLimits(range_size),
            )

    def charge(self, gateway: Gateway) -> int:
        """Sends what waits and asks about what is in doubt and due, until nothing is. Returns the calls made."""
        return self._call(gateway, send_charges, inquire_about_charges)

    def give_back(self, gateway: Gateway) -> int:
        """The same for refunds."""
        return self._call(gateway, send_refunds, inquire_about_refunds)

    def _call(self, gateway: Gateway, *acts: Callable[..., CallReport]) -> int:
        gateways, calls = {gateway.name: gateway}, 0
        limits = CallLimits(default_per_s=1_000_000)
        while True:
            made = sum(
                act(self.store, gateways, clock=lambda: self.now, policy=self.policy, limits=limits).calls
                for act in acts
            )
            if not made:
                return calls
            calls += made

    def close(self, cycle: str, *, range_size: int = 1000, max_attempts: int = 5) -> bool:
        """The month close of a cycle, worked off here."""
        limits = MonthCloseLimits(range_size, max_attempts)
        run_id, _ = start_month_close(
            self.store, parse_cycle(cycle), at=self.now, policy=self.policy, limits=limits
        )
        return work_run(self.store, run_id, policy=self.policy, limits=limits)

    # ------------------------------------------------------------------------------------------- reading
    def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Whatever a query finds."""
        with self.store.transaction() as tx:
            return [tuple(row) for row in tx.execute(text(sql), values)]

    def one(self, sql: str, **values: Any) -> Any:
        """The only value of the only row."""
        ((value,),) = self.rows(sql, **values)
        return value

    def cash(self, account: str) -> int:
        """Minor units."""
        return int(self.one("SELECT cash_minor FROM account WHERE external_id = :account", account=account))

    def bills(self, account: str) -> dict[int, tuple[str, int | None, int]]:
        """State, payable and paid (minor units), by cycle."""
        found = self.rows(
            """SELECT cycle, state, payable_minor, paid_minor FROM bill JOIN account a ON a.id = account_id
               WHERE external_id = :account ORDER BY cycle""",
            account=account,
        )
        return {row[0]: (row[1], row[2], row[3]) for row in found}

    def payments(self, account: str) -> list[tuple[int, str, int, datetime]]:
        """Cycle, source, amount and instant of every repayment line, in order of payment."""
        return [
            (row[0], row[1], row[2], row[3])
            for row in self.rows(
                """SELECT l.cycle, l.source, l.amount_minor, r.paid_at
                   FROM repayment_line l JOIN repayment r USING (account_id, cycle, cause)
                   JOIN account a ON a.id = l.account_id
                   WHERE external_id = :account
                   ORDER BY r.paid_at, l.cycle, (SELECT min(t.id) FROM ledger_transfer t
                                                 WHERE t.account_id = l.account_id AND t.cause = l.cause), l.line_no""",
                account=account,
            )
        ]

    def attempts(self, account: str) -> list[tuple[str, str, int]]:
        """Reason, state and amount (minor units) of every charge of an account, in order."""
        return [
            (row[0], row[1], row[2])
            for row in self.rows(
                """SELECT reason, state, amount_minor FROM charge_attempt JOIN account a ON a.id = account_id
                   WHERE external_id = :account ORDER BY attempt_no""",
                account=account,
            )
        ]

    def refunds(self, account: str) -> list[tuple[int, str, int]]:
        """Charge (its number), state and amount (minor units) of every refund to a method, in order."""
        return [
            (row[0], row[1], row[2])
            for row in self.rows(
                """SELECT attempt_no, state, amount_minor FROM gateway_refund JOIN account a ON a.id = account_id
                   WHERE external_id = :account ORDER BY refund_no""",
                account=account,
            )
        ]

    def announced(self, prefix: str = "") -> list[str]:
        """Topics of the outbox that begin so, in order."""
        return [
            row[0] for row in self.rows("SELECT topic FROM outbox ORDER BY id") if row[0].startswith(prefix)
        ]

    def refused(self) -> list[str]:
        """Reason codes of the events set aside, in order."""
        return [
            row[0]
            for row in self.rows("SELECT reason_code FROM inbox WHERE reason_code IS NOT NULL ORDER BY id")
        ]

    def image(self) -> dict[str, list[tuple[Any, ...]]]:
        """The whole state, comparable between two databases that went through the same story."""
        return {
            table: self.rows(f"SELECT {columns} FROM {table} ORDER BY {columns}")
            for table, columns in _IMAGE.items()
        }

    def faults(self) -> int:
        """What the audit finds wrong."""
        return audit(self.store, at=self.now, policy=self.policy).violations

    def violated(self) -> dict[str, int]:
        """By name, the checks of the audit that find something wrong, and how often."""
        checks = audit(self.store, at=self.now, policy=self.policy).checks
        return {check.name: check.violations for check in checks if check.violations}

    def report(self, run_id: int) -> Report:
        """What a run came to."""
        from settlement.queries import runs

        with self.store.transaction() as tx:
            return runs.run(tx, run_id).report


class Killed(BaseException):
    """The process dies here."""


@contextmanager
def statements(store: Store, *, die_at: int | None = None) -> Iterator[list[str]]:
    """Lists every statement sent, COPY and COMMIT included; dies before the `die_at`-th (from 0) is sent."""
    sent: list[str] = []

    def note(statement: str) -> None:
        if len(sent) == die_at:
            raise Killed(statement)
        sent.append(statement)

    def before_execute(_conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        try:
            note(statement)
        except Killed:
            # Nobody else does: of a statement that was never sent SQLAlchemy leaves it, and psycopg warns.
            cursor.close()
            raise

    real_commit = store.engine.dialect.do_commit

    def copy_cursor(tx: Any) -> Any:
        note("COPY")
        return driver_cursor(tx)

    def commit(connection: Any) -> None:
        note("COMMIT")
        real_commit(connection)
        note("after COMMIT")

    sa_event.listen(store.engine, "before_cursor_execute", before_execute)
    patch = pytest.MonkeyPatch()
    patch.setattr(storage_copy, "driver_cursor", copy_cursor)
    patch.setattr(store.engine.dialect, "do_commit", commit)
    try:
        yield sent
    finally:
        sa_event.remove(store.engine, "before_cursor_execute", before_execute)
        patch.undo()

"""The demonstration: a month of fees, its close, and the money that comes after it, on real servers and workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from interfaces.cli.commands.operations.runs import reading_of
from interfaces.cli.nudges import nudge_tick
from interfaces.cli.render.progress import Meter, Reading
from interfaces.fields.values import local
from sandbox.demo import figures
from sandbox.demo.cast import Event, Member, cards, cast, openings, refunds, restrictions
from sandbox.demo.collection import Collection
from sandbox.demo.credit_control import CUSTOMER, CreditControl, contract
from sandbox.demo.delivery import by_celery, by_sql, by_stream
from sandbox.demo.exports import Exports
from sandbox.demo.head_office import BRANCHES, HeadOffice, branches
from sandbox.demo.inflows import Later, later_events
from sandbox.demo.left_open import LEFT_OPEN, left_open
from sandbox.demo.sample_focus import sample_accounts
from sandbox.demo.stage import PROCESS_NAMES, Stage
from sandbox.demo.steps import Step, must, watch
from sandbox.local.stand_in import GatewayStandIn
from settlement.model.cycle import parse_cycle
from settlement.model.money import money_text
from settlement.model.runs import MONTH_CLOSE
from settlement.operations.reports.audit import AuditReport, audit
from settlement.queries import backlog, bills, inbox, runs
from settlement.queries.runs import RunView
from settlement.rules.calendar import cycle_bounds, issuance_at
from settlement.storage.work import test_clock
from worker.runtime import Runtime

CYCLE = parse_cycle("2026-10")
ACCOUNTS_PER_MESSAGE = 100


@dataclass(slots=True)
class Ending:
    """What is shown at the end."""

    at: datetime
    currencies: list[figures.CurrencyFigures]
    unsettled: list[figures.UnsettledBill]
    next_cycle_fees: tuple[int, int]
    audit: AuditReport


@dataclass(slots=True)
class Story:
    """The steps in order; `ending` is there after the last one."""

    stage: Stage
    accounts: int
    rows: int
    seed: int
    members: list[Member] = field(default_factory=list)
    events_sent: int = 0
    runtime: Runtime = field(init=False)
    gateway: GatewayStandIn = field(init=False)
    ending: Ending = field(init=False)

    def steps(self) -> list[Step]:
        """The steps."""
        events = ("events", "beat")
        return [
            Step("servers", "started", ("postgres", "valkey", *PROCESS_NAMES), self._servers),
            Step("accounts", "accounts", events, self._accounts),
            Step("funds", "events", events, self._funds),
            Step("collecting", "events", ("collection", "events", "beat"), self._collection),
            Step("fees", "rows", ("postgres",), self._fees),
            Step("month close", "accounts", ("month-close", "upkeep", "beat"), self._month_close),
            Step("money comes", "events", events, self._money_comes),
            Step("head office", "events", events, self._head_office),
            Step("credit control", "events", ("upkeep", "events", "beat"), self._credit_control),
            Step("audit", "checks", ("postgres",), self._audit),
        ]

    def _servers(self, meter: Meter) -> Sequence[str]:
        """Servers, schema, worker pools, beat, clock."""
        total = len(PROCESS_NAMES) + 2
        meter.show(Reading(0, total, "PostgreSQL, Valkey"))
        urls = self.stage.servers()
        meter.show(Reading(1, total, "worker pools, beat, a stand-in for gateways"))
        self.gateway = self.stage.gateway()
        _quiet()
        self.runtime = self.stage.runtime()
        # Before anybody looks at it: a first tick on the real clock would begin the calendar on the real day.
        self._set_clock(cycle_bounds(CYCLE, self.runtime.policy.zone)[1] - timedelta(days=12, hours=-9))
        self.stage.processes(urls)
        for number, name in enumerate(PROCESS_NAMES, start=2):
            meter.show(Reading(number, total, name))
            self.stage.until_alive(name, timeout_s=600)
        with self.runtime.store.transaction() as tx:
            version = tx.exec_driver_sql("SHOW server_version").scalar_one()
        database = "as given" if self.stage.given_database else "its own"
        broker = "as given" if self.stage.given_broker else "its own"
        return (
            f"PostgreSQL {str(version).split()[0]} ({database}) and broker ({broker}) run",
            f"worker pools and beat run: {', '.join(PROCESS_NAMES)}",
            f"a stand-in for Stripe and PayPal runs at {self.gateway.url}",
            f"the test clock stands at {self._now()}",
        )

    def _accounts(self, meter: Meter) -> Sequence[str]:
        """Opened by Celery, a hundred to a message."""
        self.members = cast(sample_accounts(self.accounts, self.seed), self.seed)
        send = partial(by_celery, per_message=ACCOUNTS_PER_MESSAGE)
        self._send(meter, [(send, openings(self.members))])
        currencies = sorted({member.account.currency for member in self.members})
        return (f"{len(self.members):,} opened through Celery, in {', '.join(currencies)}", *self._mix())

    def _mix(self) -> Sequence[str]:
        members = self.members
        kinds = {
            "on credit control": sum(member.credit_limit_minor > 0 for member in members),
            "without any cash": sum(not member.cash_minor for member in members),
            "with write-off switched off": sum(not member.auto_write_off for member in members),
        }
        return ("of them " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()),)

    def _funds(self, meter: Meter) -> Sequence[str]:
        """Cards, refunds, frozen amounts and holds, by three doors."""
        policy = self.runtime.policy
        shop_cards = cards(self.members, CYCLE, self.seed, at=self.runtime.now(), policy=policy)
        shop_refunds = refunds(self.members, CYCLE, self.seed)
        desk = restrictions(self.members)
        now = self.runtime.now()
        contracts = [*contract(CYCLE, now), *branches(now), *left_open(now)]
        self._send(
            meter,
            [(by_sql, shop_cards), (by_stream, shop_refunds), (by_celery, desk), (by_celery, contracts)],
        )
        return (
            f"{len(shop_cards)} stored value cards by SQL INSERT",
            f"{len(shop_refunds)} refunds by the Redis stream",
            (
                f"{len(desk)} frozen amounts and holds by Celery, the contract of a customer with a due date, "
                "a head office with its branches, and a workshop that pays by hand"
            ),
        )

    def _collection(self, meter: Meter) -> Sequence[str]:
        """Accounts charged by threshold and at month end, through lost responses and declines."""
        collection = Collection(self.stage, self.runtime, self.gateway, self._by_celery, self._set_clock)
        return collection.play(meter)

    def _head_office(self, meter: Meter) -> Sequence[str]:
        """A main account pays its members' bills, and the rest when money arrives."""
        send = partial(self._by_celery, refused=1)
        return HeadOffice(self.stage, self.runtime, CYCLE, send).play(meter)

    def _credit_control(self, meter: Meter) -> Sequence[str]:
        """A bill with a due date: reminded of, overdue, paid; and the statement of the month."""
        # The one event that was refused before is refused still.
        send = partial(self._by_celery, refused=1)
        played = CreditControl(self.stage, self.runtime, CYCLE, send, self._set_clock)
        return played.play(meter)

    def _by_celery(self, meter: Meter, events: list[Event], *, refused: int = 0) -> None:
        self._send(meter, [(by_celery, events)], refused=refused)

    def _fees(self, meter: Meter) -> Sequence[str]:
        """The exports of the month, all of them imported."""
        accounts = [member.account for member in self.members]
        exports = Exports(self.stage, self.runtime, CYCLE, accounts, self.rows, self.seed, self._set_clock)
        return exports.play(meter)

    def _month_close(self, meter: Meter) -> Sequence[str]:
        """The clock reaches the 2nd, 12:00; the workers do the rest."""
        with self.runtime.store.transaction() as tx:
            accruing = bills.accruing_accounts(tx, CYCLE)
        self._set_clock(issuance_at(CYCLE, self.runtime.policy))
        run: RunView | None = None

        def read_run() -> Reading | None:
            nonlocal run
            with self.runtime.store.transaction() as tx:
                run = next(
                    (one for one in runs.newest(tx, 5) if (one.kind, one.cycle) == (MONTH_CLOSE, CYCLE)), None
                )
                owed = runs.slots(tx, limit=1, open_only=True)
            if run is None:
                return Reading(0, None, "waiting for a worker to notice")
            must(not run.ranges_failed, f"a range of run {run.id} failed: {run.failure}")
            return None if run.state == "done" and not owed else reading_of(run)

        watch(meter, self.stage, read_run)
        if run is None:
            raise AssertionError("the run was there a moment ago")
        report = run.report
        issued, settled = report.issued.total(), report.settled.total()
        must(issued == accruing, f"{issued} bills were issued to {accruing} accounts with fees")
        took = (
            ""
            if run.finished_at is None
            else f" in {(run.finished_at - run.created_at).total_seconds():.1f} s"
        )
        return (
            f"{self._now()}: run {run.id} issued {issued:,} bills and settled {settled:,} of them{took}",
            f"{run.ranges} ranges, a transaction each, shared by the processes of the pool month-close",
        )

    def _money_comes(self, meter: Meter) -> Sequence[str]:
        """Days later: top-ups by three doors, some of them twice, a transfer, a release, a late fee, a mistake."""
        self._set_clock(self.runtime.now() + timedelta(days=3, hours=3))
        with self.runtime.store.transaction() as tx:
            before = figures.unsettled_bills(tx, at=self.runtime.now(), policy=self.runtime.policy)
            late_at = cycle_bounds(CYCLE, self.runtime.policy.zone)[1] - timedelta(days=3)
            # The customer with a contract takes the time that it was given, the branches have a head office, and two
            # bills are left open.
            others = {CUSTOMER, *BRANCHES, *LEFT_OPEN}
            owing = [bill for bill in before if bill.account not in others]
            later = later_events(tx, owing, self.members, self.seed, late_at=late_at)
        self._send(
            meter,
            [(by_sql, later.by_sql), (by_stream, later.by_stream), (by_celery, later.by_celery)],
            repeated=later.repeated,
            refused=1,
        )
        return self._report_money(later, before)

    def _report_money(self, later: Later, before: list[figures.UnsettledBill]) -> Sequence[str]:
        with self.runtime.store.transaction() as tx:
            after = figures.unsettled_bills(tx, at=self.runtime.now(), policy=self.runtime.policy)
            refused = inbox.rows(tx, limit=1, states=["refused"])[0]
        ingresses = {
            "SQL INSERT": later.by_sql,
            "the Redis stream": later.by_stream,
            "Celery": later.by_celery,
        }
        return (
            f"{self._now()}: {', '.join(f'{len(events)} events by {way}' for way, events in ingresses.items())}",
            f"{later.repeated} of them came twice, by two ways in, and counted once",
            f"unsettled bills: {len(before):,} before, {len(after):,} after; the inbox is empty",
            *_special(later, after),
            f"refused and kept: {refused.type} for {refused.account}: {refused.reason} ({refused.reason_code})",
        )

    def _audit(self, meter: Meter) -> Sequence[str]:
        """Does everything add up; and the figures of the end."""
        policy, at = self.runtime.policy, self.runtime.now()
        self._until_published(meter)
        found = audit(
            self.runtime.store,
            at=at,
            policy=policy,
            on_check=lambda name, number, total: meter.show(Reading(number, total, name)),
        )
        with self.runtime.store.transaction() as tx:
            self.ending = Ending(
                at,
                figures.by_currency(tx, CYCLE),
                figures.unsettled_bills(tx, at=at, policy=policy),
                figures.next_cycle_fees(tx, CYCLE),
                found,
            )
        sizes = found.sizes
        return (
            f"{len(found.checks)} checks over {sizes.fees:,} fees, {sizes.bills:,} bills, {sizes.entries:,} entries",
        )

    def _until_published(self, meter: Meter) -> None:
        """Announcements leave by the outbox."""

        def read_outbox() -> Reading | None:
            with self.runtime.store.transaction() as tx:
                left = backlog.counts(tx).outbox_unpublished
            return Reading(0, None, f"{left:,} announcements to publish") if left else None

        watch(meter, self.stage, read_outbox)

    def _send(
        self,
        meter: Meter,
        parts: Sequence[tuple[Callable[[Runtime, list[Event]], None], list[Event]]],
        *,
        repeated: int = 0,
        refused: int = 0,
    ) -> None:
        """Sends by several doors and waits until the workers have handled everything, repeats left out."""
        new = sum(len(events) for _, events in parts) - repeated
        before, self.events_sent = self.events_sent, self.events_sent + new
        for send, events in parts:
            send(self.runtime, events)

        def read_inbox() -> Reading | None:
            with self.runtime.store.transaction() as tx:
                counts = figures.events(tx)
            handled = counts.all - counts.waiting
            return None if handled >= self.events_sent else Reading(handled - before, new)

        watch(meter, self.stage, read_inbox)
        self._check_outcomes(refused)

    def _check_outcomes(self, refused: int) -> None:
        with self.runtime.store.transaction() as tx:
            counts = figures.events(tx)
            rows = inbox.rows(tx, limit=5, states=["refused", "parked"])
        why = "; ".join(f"{row.type} for {row.account}: {row.reason}" for row in rows)
        must(
            counts.set_aside == refused,
            f"{counts.set_aside} events were set aside, expected {refused}: {why}",
        )
        must(
            counts.all == self.events_sent, f"the inbox has {counts.all} events, sent were {self.events_sent}"
        )

    def _set_clock(self, at: datetime) -> None:
        """Moves the clock and tells the workers to look."""
        with self.runtime.store.transaction() as tx:
            test_clock.move(tx, at)
        self.gateway.set_clock(at)
        nudge_tick(self.runtime)

    def _now(self) -> str:
        return local(self.runtime.now(), self.runtime.policy.zone)


def _special(later: Later, after: Sequence[figures.UnsettledBill]) -> Sequence[str]:
    """What became of the transfer and of the released hold."""
    open_accounts = {bill.account for bill in after}
    sentences = []
    if later.receiver is not None:
        bill = later.receiver
        must(bill.account not in open_accounts, f"the transfer to {bill.account} did not settle its bill")
        money = money_text(bill.outstanding_minor, bill.currency)
        sentences.append(f"a transfer of {money} from {later.giver} settled the bill of {bill.account}")
    if later.released is not None:
        account = later.released.account
        became = "paid in part" if account in open_accounts else "settled"
        sentences.append(f"the hold on {account} was released: its bill was {became} at once")
    return sentences


def _quiet() -> None:
    """Failures to send are said in sentences; the rest of what the libraries log is for workers."""
    import logging

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

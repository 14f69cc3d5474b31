"""One run: servers, opening, storm, quiet, proof."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from kombu.exceptions import OperationalError

from chaos.books.audit import audited, note
from chaos.checker import check
from chaos.clock import Clock
from chaos.dashboard import Dashboard
from chaos.doors import SqlDoor
from chaos.faults import COMPARE, Faults
from chaos.fleet import CONTROL, PRODUCT, Fleet
from chaos.folder import in_folder
from chaos.journal import Journal
from chaos.proof.verdict import Verdict
from chaos.quiet import SMALL_STEP, compared_until, moving, pass_time_for_the_dead, wait_until_quiet
from chaos.recovery import Recovery
from chaos.result import Result, Size
from chaos.schedule import BEATS, FULL, SMALL, WEBHOOKS, ZONE, Calendar, schedule
from chaos.servers import PREFIX, BrokerServer, DatabaseServer
from chaos.waiting import comes_true, wait_for
from chaos.workload import Event, Workload, event_of
from sandbox.local.stand_in import PROGRAM, GatewayStandIn, wait_for_stand_in

TAIL = 20
# Many times what a sweep takes.
CONTROL_S = 8.0
OPENING_S = 300.0
# For a week of days, each of which reads again what is open.
COMPARED_S = 900.0
# What does not move for so long, while days pass on the test clock, is stuck.
PATIENCE_S = 90.0
# Of the webhooks of each gateway.
SECRETS = {"stripe": "whsec_sim", "paypal": "WH-SIM"}
# Half of them come twice, in any order, up to a second late.
HABITS = {"duplicates": 0.5, "shuffle": True, "delay_s": 1.0}
# What is read there grows, so the time between two looks is many times what one takes.
DASHBOARD_EVERY_S, DASHBOARD_SHARE, COMPARE_EVERY_S = 1.0, 10, 30.0
# Beyond the last look of a week later at a refund that went back.
WEEK_LATER = timedelta(days=8)
# Shorter than a deployment's, so that a minute shows what a day would.
ENVIRONMENT = {
    "SETTLE_TEST_CLOCK": "1",
    "SETTLE_LOG_LEVEL": "WARNING",
    "SETTLE_LIMITS__SWEEP_EVERY_S": "2",
    "SETTLE_LIMITS__TICK_EVERY_S": "2",
    "SETTLE_LIMITS__RANGE_SIZE": "50",
    "SETTLE_LIMITS__VISIBILITY_TIMEOUT_S": "20",
    "SETTLE_LIMITS__STATEMENT_TIMEOUT_S": "10",
    "SETTLE_LIMITS__LOCK_TIMEOUT_S": "5",
    "SETTLE_LIMITS__IDLE_IN_TRANSACTION_TIMEOUT_S": "10",
    "SETTLE_GATEWAYS__STRIPE_KEY": "sk_test_sim",
    "SETTLE_GATEWAYS__STRIPE_PER_S": "1000",
    "SETTLE_GATEWAYS__STRIPE_WEBHOOK_SECRETS": f'["{SECRETS["stripe"]}"]',
    "SETTLE_GATEWAYS__PAYPAL_CLIENT_ID": "sim",
    "SETTLE_GATEWAYS__PAYPAL_SECRET": "sim",
    "SETTLE_GATEWAYS__PAYPAL_PER_S": "1000",
    "SETTLE_GATEWAYS__PAYPAL_WEBHOOK_ID": SECRETS["paypal"],
    "SETTLE_GATEWAYS__TIMEOUT_S": "1",
    # Months go by in minutes, so that what takes a blink to arrive is hours old by the clock of the storm.
    "SETTLE_GATEWAYS__WEBHOOK_TOLERANCE_S": "259200",
    "SETTLE_COLLECTION__EVERY_S": "2",
    "C_FORCE_ROOT": "1",
}


class Run:
    """One run in a folder of its own."""

    def __init__(self, size: Size, folder: Path, stack: ExitStack) -> None:
        self.size = size
        self.folder = folder
        self.calendar = Calendar(size.months)
        self.workload = Workload(size.seed, size.events, self.calendar)
        self.plan = schedule(size.seed, size.faults, self.calendar, SMALL if size.small else FULL)
        self.parts = 1 if size.small else 2
        self.progress = self.acts_at = self.compares_at = 0.0
        self.ended: Counter[str] = Counter()
        self.database = DatabaseServer(folder)
        stack.callback(self.database.destroy)
        self.broker = BrokerServer(folder)
        stack.callback(self.broker.destroy)
        self.fleet = Fleet(
            folder, self._environment(), SMALL if size.small else FULL, CONTROL if size.control else PRODUCT
        )
        stack.callback(self.fleet.kill_all)
        self.gateway = self._start_gateway()
        self.dashboard = Dashboard(self.gateway)
        self.journal = Journal(folder / "journal-director.jsonl")
        stack.callback(self.journal.close)
        self.clock = Clock(self.database, self.gateway, lambda: self.calendar.at(self.progress))
        self.faults = Faults(self.fleet, self.database, self.broker, self.clock, self.journal)
        self.recovery = Recovery(self.database, self.journal, self.workload.accounts)

    def go(self) -> Result:
        """All of it."""
        self.clock.start()
        self.fleet.start_all()
        self.fleet.wait_until_alive()
        for batch in self.workload.opening():
            self._send_and_wait(batch)
        began = time.monotonic()
        done = self._storm()
        self._calm()
        quiet = time.monotonic()
        left = self._wait_until_quiet()
        for then in (self._compare_books, self._tail):
            if not left:
                then()
                left = self._wait_until_quiet()
        self.recovery.wait()
        ended = time.monotonic()
        (self.folder / "gateway.json").write_text(json.dumps(self.gateway.read("ledger")))
        return Result(
            self.size, done, self._proof(), dict(self.recovery.seconds),
            self.recovery.never, self.ended, self.fleet.slow_ends, self.gateway.read()["faults"]["made"], left,
            quiet - began, ended - quiet,
        )  # fmt: skip

    def go_on_without_sweeper(self) -> Verdict:
        """The control in short, after a run that went well: more events, and nobody who looks for them."""
        self.fleet.app = CONTROL
        self._start_anew()
        self._tail("last")
        self._wait_without_sweeper()
        return check(self.folder, self.database.direct_url)

    def _proof(self) -> Verdict:
        verdict = check(self.folder, self.database.direct_url)
        note(audited(self.database.direct_url, at=self.clock.now), verdict)
        return verdict

    # -------------------------------------------------------------------------------------------- parts of a run
    def _storm(self) -> Counter[str]:
        producers = self._start_producers()
        done: Counter[str] = Counter()
        began = time.monotonic()
        for number, fault in enumerate(self.plan):
            while (passed := (time.monotonic() - began) / self.size.seconds) < fault.at:
                self._come_to(min(passed, fault.at))
                self._meanwhile()
                time.sleep(0.05)
            self._come_to(fault.at)
            self._note_the_ended()
            self.faults.do(fault)
            done[fault.kind] += 1
            self.recovery.after(fault.kind)
            self._show(f"{number + 1}/{len(self.plan)} {fault.kind} {fault.target}", began)
        while any(popen.poll() is None for popen in producers):
            passed = (time.monotonic() - began) / self.size.seconds
            self._come_to(max(self.progress, min(1.0, passed)))
            self._meanwhile()
            self._show("", began)
            time.sleep(0.2)
        if any(popen.returncode for popen in producers):
            raise RuntimeError(f"a producer failed, see {self.folder}")
        return done

    def _meanwhile(self) -> None:
        """Money goes back at the gateways; and their books are compared, oftener than beat does, for days are short."""
        now = time.monotonic()
        if now >= self.acts_at:
            with suppress(TimeoutError):
                self.dashboard.act()
            took = time.monotonic() - now
            self.acts_at = now + max(DASHBOARD_EVERY_S, DASHBOARD_SHARE * took)
        if now >= self.compares_at:
            self.compares_at = now + COMPARE_EVERY_S
            with suppress(OSError, OperationalError):
                self.faults.nudge(COMPARE)

    def _calm(self) -> None:
        """Every fault is off, and every process is a new one."""
        self.faults.all_off()
        self._note_the_ended()
        self._start_anew()
        pass_time_for_the_dead(self.broker)
        self.dashboard.finish()
        comes_true(lambda: not self.gateway.read()["undelivered"], within_s=PATIENCE_S)

    def _compare_books(self) -> None:
        """More goes back when nobody takes webhooks in any more: what is left is to compare books, day by day.

        The gateways answer every call by now: a day of many entries is read whole or not at all, and of so many pages
        one would always be missing.
        """
        self.gateway.control("faults", rate=0.0)
        self.fleet.kill(WEBHOOKS)
        self.dashboard.finish()
        last = (self.clock.now + ZONE).date()
        self.clock.advance(WEEK_LATER)

        def are_compared() -> bool:
            if compared_until(self.database) >= last:
                return True
            self.faults.nudge(COMPARE)
            return False

        wait_for(
            are_compared,
            f"the gateways' books were not compared, see {self.folder}",
            within_s=COMPARED_S,
            every_s=1,
        )

    def _start_anew(self) -> None:
        self.fleet.end(*self.fleet.workers, *BEATS)
        self.fleet.start_all()
        self.fleet.wait_until_alive()

    def _tail(self, name: str = "tail") -> None:
        """The last events come when all is well, and must be found as all others."""
        self._send(
            [
                event_of("top_up", f"a{number}", f"{name}-{number}", amount="0.02", currency="USD")
                for number in range(TAIL)
            ]
        )

    def _wait_until_quiet(self) -> dict[str, int]:
        if self.size.control:
            return self._wait_without_sweeper()
        return wait_until_quiet(self.database, self.broker, self.clock, patience_s=PATIENCE_S)

    def _wait_without_sweeper(self) -> dict[str, int]:
        """Time passes slowly: a midnight that is noticed an hour late is made up for, after all events that wait."""
        return wait_until_quiet(self.database, self.broker, self.clock, patience_s=CONTROL_S, step=SMALL_STEP)

    def _send(self, events: Sequence[Event]) -> None:
        with closing(SqlDoor(self.database.direct_url)) as door:
            door.send(events)
        self.journal.accepted("sql", events)

    def _send_and_wait(self, events: Sequence[Event]) -> None:
        self._send(events)
        if self.size.control:
            # Nobody looks by himself.
            self.faults.nudge()
        wait_for(
            lambda: not moving(self.database, self.broker).get("events waiting"),
            f"the opening did not get through, see {self.folder}", within_s=OPENING_S, every_s=0.1,
        )  # fmt: skip

    # -------------------------------------------------------------------------------------------- processes
    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")}
        return {
            **inherited,
            **ENVIRONMENT,
            "SETTLE_DATABASE_URL": self.database.url,
            "SETTLE_BROKER_URL": self.broker.url,
            "SETTLE_BROKER_KEY_PREFIX": PREFIX,
            "SETTLE_STATE_DIR": str(self.folder),
            "SETTLE_COLLECTION__ASK_AFTER_S": "[20, 60, 120]",
        }

    def _start_gateway(self) -> GatewayStandIn:
        chance = ("--seed", str(self.size.seed), "--fault-rate", str(self.size.gateway_fault_rate))
        process = self.fleet.run("gateway", [sys.executable, *PROGRAM, *chance])
        made = wait_for_stand_in(self.folder / "gateway.log", is_alive=lambda: process.poll() is None)
        for gateway, secret in SECRETS.items():
            url = f"http://127.0.0.1:{self.fleet.port}/webhooks/{gateway}"
            made.control("webhooks", **{gateway: {"url": url, "secret": secret, **HABITS}})
            self.fleet.environment[f"SETTLE_GATEWAYS__{gateway.upper()}_URL"] = made.url
        return made

    def _start_producers(self) -> list[Any]:
        plan = {
            "folder": str(self.folder), "seed": self.size.seed, "events": self.size.events,
            "months": self.size.months, "parts": self.parts, "prefix": PREFIX,
            "database_url": self.database.url, "broker_url": self.broker.url,
        }  # fmt: skip
        path = self.folder / "plan.json"
        path.write_text(json.dumps(plan))
        return [
            self.fleet.run(f"producer-{part}", [sys.executable, "-m", "chaos.producer", str(path), str(part)])
            for part in range(self.parts)
        ]

    def _note_the_ended(self) -> None:
        self.ended.update(self.fleet.ended_by_themselves())

    # -------------------------------------------------------------------------------------------- telling
    def _come_to(self, place: float) -> None:
        self.progress = max(self.progress, place)
        partial = self.folder / "allowed.partial"
        partial.write_text(f"{self.progress:.6f}" if self.progress < 1 else "1")
        partial.replace(self.folder / "allowed")

    def _show(self, what: str, began: float) -> None:
        passed = time.monotonic() - began
        sent = sum(int(path.read_text() or 0) for path in self.folder.glob("sent-*"))
        left = passed / self.progress - passed if self.progress else self.size.seconds
        rate = f"{sent:,} sent, {sent / passed:,.0f}/s, {left:,.0f} s left"
        line = f"{passed:5.0f} s {self.progress:4.0%}  {rate}  {what}"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{line}")
        elif what:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def run(size: Size, *, keep: bool = False) -> Result:
    """A run from nothing to the verdict. Its folder stays when requested, or when the run fails or finds something."""

    def in_place(folder: Path) -> Result:
        with ExitStack() as stack:
            return Run(size, folder, stack).go()

    return in_folder("settle-chaos-", in_place, keep=keep)

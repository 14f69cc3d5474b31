"""The audit: does everything add up, over the whole database, as of one instant? Rule: R11.*."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Any

from sqlalchemy import Connection

from settlement.audit import catalogue as questions
from settlement.audit.catalogue import CHECKS, MAX_EXAMPLES, Faults, Sizes
from settlement.audit.settings import settings_known
from settlement.model.policies.policy import Policy
from settlement.operations.reports.due_dates import wrong_due_dates
from settlement.operations.reports.findings import Rendered, for_people
from settlement.operations.schedule.calendar_jobs import KINDS, MONTH_CLOSE_JOB, instants_after
from settlement.plans.explain.reasons import plan_write_off
from settlement.rules.calendar import last_cycle_issued_by
from settlement.storage.load.scope import Scope
from settlement.storage.load.snapshot import load
from settlement.storage.sql.planner import sums_by_sorting
from settlement.storage.sql.read_only import export_snapshot, read_only
from settlement.storage.store import Store

_SET = 2000
# What takes longest begins first, so that no session is left with it alone at the end.
BEGIN_FIRST = (
    "event_fees", "entry_dates", "event_bookings", "bill_fees", "account_values", "one_currency", "missed_work",
)  # fmt: skip
# A tick comes every minute; an instant that nobody noticed for so long was forgotten.
_RECORDED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that must hold, how often it does not, and some of the cases, each as names and values for people."""

    name: str
    rule: str
    sentence: str
    violations: int
    examples: tuple[Rendered, ...]
    took_s: float


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the audit found. `at` is the instant for which it asked what is due."""

    at: datetime
    checks: tuple[CheckResult, ...]
    sizes: Sizes

    @property
    def violations(self) -> int:
        """All violations of all checks; zero is what an operator wants to read."""
        return sum(check.violations for check in self.checks)


@dataclass(frozen=True, slots=True)
class _Question:
    name: str
    rule: str
    sentence: str
    find_faults: Callable[[Connection], Faults]


def check_names() -> tuple[str, ...]:
    """Every check, in the order of the report."""
    return (*(check.name for check in CHECKS), "missed_work", "due_dates", "slots_complete")


def _nobody_listens(name: str, done: int, total: int) -> None:
    """Progress that nobody requested."""


def audit(
    store: Store,
    *,
    at: datetime,
    policy: Policy,
    sessions: int = 1,
    on_check: Callable[[str, int, int], None] = _nobody_listens,
) -> AuditReport:
    """Runs every check read-only, on the same instant of the database for all of them.

    It takes no lock and can run beside a month close. With several `sessions` as many checks run at once, each session
    on the snapshot of the first. `on_check` hears the name of each check as it begins, how many began before, and how
    many there are. Rule: R11.1, R11.2, R11.3.

    Raises:
        Unavailable: PostgreSQL is down or a check ran into its time limit; nothing was found out.
    """
    with store.transaction() as tx:
        read_only(tx, one_process=sessions > 1)
        sums_by_sorting(tx)
        sizes = questions.sizes(tx)
        checks = _Checks(at, policy, on_check)
        if sessions == 1:
            checks.run(tx)
        else:
            snapshot = export_snapshot(tx)
            with ThreadPoolExecutor(sessions - 1) as threads:
                others = [threads.submit(checks.run_beside, store, snapshot) for _ in range(sessions - 1)]
                checks.run(tx)
                for other in others:
                    other.result()
    return AuditReport(at, checks.results(), sizes)


class _Checks:
    """The checks, handed out one by one, the longest first, to whichever session is free."""

    def __init__(self, at: datetime, policy: Policy, on_check: Callable[[str, int, int], None]) -> None:
        self._questions = list(_questions(at, policy))
        rank = {name: place for place, name in enumerate(BEGIN_FIRST)}
        longest_first = sorted(
            enumerate(self._questions), key=lambda waiting: rank.get(waiting[1].name, len(rank))
        )
        self._waiting = iter(enumerate(longest_first))
        self._on_check = on_check
        self._lock = threading.Lock()
        self._done: dict[int, CheckResult] = {}

    def run(self, tx: Connection) -> None:
        """Runs checks in this session until none is left."""
        while True:
            with self._lock:
                begun, waiting = next(self._waiting, (0, None))
                if waiting is None:
                    return
                number, question = waiting
                self._on_check(question.name, begun, len(self._questions))
            began = perf_counter()
            faults = question.find_faults(tx)
            examples = tuple(for_people(example) for example in faults.examples)
            self._done[number] = CheckResult(
                question.name,
                question.rule,
                question.sentence,
                faults.count,
                examples=examples,
                took_s=perf_counter() - began,
            )

    def run_beside(self, store: Store, snapshot: str) -> None:
        """The same in a session of its own, on the snapshot of the first."""
        with store.transaction() as tx:
            read_only(tx, snapshot=snapshot, one_process=True)
            sums_by_sorting(tx)
            self.run(tx)

    def results(self) -> tuple[CheckResult, ...]:
        """The results in the order of the checks."""
        return tuple(self._done[number] for number in sorted(self._done))


def _questions(at: datetime, policy: Policy) -> Iterable[_Question]:
    issued_by, settings = last_cycle_issued_by(at, policy), settings_known(policy, at=at)
    for check in CHECKS:
        yield _Question(
            check.name,
            check.rule,
            check.sentence,
            partial(questions.find, check=check, at=at, issued_by=issued_by, settings=settings),
        )
    yield _Question(
        "missed_work", "R4.1",
        "No bill is left unsettled that the automatic write-off could pay from, if only in part, right now.",
        partial(_missed_work, at=at, policy=policy),
    )  # fmt: skip
    yield _Question(
        "due_dates", "R6.1",
        "Every bill that is due by contract is due when a term that was agreed for its month says.",
        partial(wrong_due_dates, policy=policy),
    )  # fmt: skip
    yield _Question(
        "slots_complete", "R3.6a",
        "Every issuance instant since the first one recorded is on record, no sweep or day in between is left out, and "
        "none is on record that is no instant of its job.",
        partial(_wrong_slots, at=at, policy=policy),
    )  # fmt: skip


def _missed_work(tx: Connection, at: datetime, policy: Policy) -> Faults:
    """Asks the write-off itself, without letting it write: what it would pay now, it should have paid before."""
    count, after = 0, 0
    examples: list[dict[str, Any]] = []
    while ids := questions.may_be_overlooked(tx, after=after, limit=_SET):
        after = ids[-1]
        snapshot = load(tx, Scope(ids=ids), lock=False)
        for row in plan_write_off(snapshot, at=at, policy=policy).records.repayments:
            count += 1
            if len(examples) < MAX_EXAMPLES:
                name = snapshot.positions[row.account_id].account.external_id  # type: ignore[index]
                examples.append(
                    {
                        "account": name,
                        "currency": row.currency,
                        "cycle": row.cycle,
                        "would_pay_minor": row.amount_minor,
                    }
                )
    return Faults(count, examples)


def _wrong_slots(tx: Connection, at: datetime, policy: Policy) -> Faults:
    wrong: list[Mapping[str, Any]] = []
    for kind in KINDS:
        known = questions.slot_instants(tx, kind)
        if not known:
            continue
        # Of sweeps and days those in between: what comes after the last one is recorded together with it.
        until = at - _RECORDED_WITHIN if kind == MONTH_CLOSE_JOB.kind else known[-1]
        expected, recorded = instants_after(known[0], kind, until, policy.at(until)), set(known)
        wrong += ({"job": kind, "logical_at": instant} for instant in expected if instant not in recorded)
        # What lies in between is an instant of the job, too.
        between = {instant for instant in recorded if known[0] < instant <= until}
        wrong += ({"job": kind, "logical_at": instant} for instant in sorted(between.difference(expected)))
    return Faults(len(wrong), wrong[:MAX_EXAMPLES])
